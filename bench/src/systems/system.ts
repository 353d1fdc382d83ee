import type { Watched } from '../measure/window.ts'

/** What is measured end to end: it takes signed requests, and delivers what is in them. */
export interface System {
  /** One for each of its processes that takes requests. */
  ports: readonly number[]
  path: string
  /** What its deliveries are signed with. */
  secrets: readonly string[]
  /** What the sender says the events are; each has its own endpoint. A push, for one endpoint, where nothing is said. */
  types?: readonly string[]
  watched: Watched
  assertRuns(): void
  /** Waits until what became of so many events is recorded. */
  assertRecorded(events: number): Promise<void>
  stop(): Promise<void>
}
