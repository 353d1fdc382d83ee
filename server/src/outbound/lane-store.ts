import type { Endpoint } from './endpoint.ts'

/**
 * The queue of one endpoint. A process owns a whole lane, not single deliveries: only the owner sends and settles, and
 * every settle names the generation it was taken with.
 */
export interface LaneStore {
  insert(endpoint: Endpoint): Promise<void>
  setState(endpointId: string, state: LaneState, now: number): Promise<void>
  /** Those of these lanes that are `owner`'s already, with their generations. */
  held(endpointIds: readonly string[], owner: string): Promise<ReadonlyMap<string, number>>
  /** Takes a lane for `owner` unless a live process has it; answers its generation. The owner's own lane keeps its generation. */
  take(endpointId: string, owner: string): Promise<number | undefined>
  /** Takes lanes with work due since then that nobody alive owns, the most overdue ones, at most so many. */
  takeFree(owner: string, dueBefore: number, limit: number): Promise<readonly HeldLane[]>
  /** Gives lanes back. Nothing happens to a lane whose generation has moved on. */
  giveBack(lanes: readonly HeldLane[]): Promise<void>
  /** Says that there is work due, so that somebody takes the lane. */
  due(endpointIds: readonly string[], at: number): Promise<void>
  /** Lanes whose deliveries must be ended: their endpoint is disabled or deleted. */
  ending(limit: number): Promise<readonly { endpointId: string; state: LaneState }[]>
  /** Nothing is left to end in this lane. */
  ended(endpointId: string): Promise<void>
}

/** The lanes as one process sees them beside what the others do. */
export interface LaneReads {
  /**
   * Looks at the lanes of all processes, and at those in this one's hands: which of the idle ones have work, and when
   * the endpoints of the busy ones were changed.
   */
  look(held: { idle: readonly string[]; busy: readonly string[] }, now: number): Promise<LaneLook>
}

export interface LaneLook {
  /** Lanes in the hands of live processes, and due ones in nobody's. */
  total: number
  /** Idle ones with work that is due. */
  stirred: readonly string[]
  /** When the endpoints of the busy ones were last changed. */
  changedAt: ReadonlyMap<string, number>
}

export interface HeldLane {
  endpointId: string
  generation: number
}

export type LaneState = 'active' | 'paused' | 'disabled' | 'deleted'
