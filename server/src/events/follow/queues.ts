import type { Event } from '../event.ts'
import { type Failure, failed, failureOf, waiting } from './aside.ts'
import type { Followed, Place } from './follower.ts'
import type { QueueEnd } from './follower-store.ts'
import { never, type ParkedEvent } from './parked.ts'
import type { Reading, Readings } from './reading.ts'

/** The subjects that have events beside the cursor: what comes after them of the same subject waits. */
export interface Queues {
  /** When an event that joins its subject's queue is due; undefined when its subject has none, or it has no subject. */
  behind(event: Subject): number | undefined
  /** An event now stands beside the cursor; what follows it of its subject is due then. */
  begin(event: Subject, dueAt: number): void
}

type Subject = Pick<Event, 'workspaceId' | 'subject'>

export function openQueues(ends: readonly QueueEnd[] = []): Queues {
  const queues = new Map<string, number>()
  for (const end of ends) queues.set(nameOf(end), end.state === 'retrying' ? never : end.dueAt)
  return {
    behind: (event) => (event.subject === null ? undefined : queues.get(nameOf(event))),
    begin(event, dueAt) {
      if (event.subject !== null) queues.set(nameOf(event), dueAt)
    },
  }
}

const nameOf = ({ workspaceId, subject }: Subject): string => `${workspaceId} ${subject}`

/** Events beside the cursor, and those of them that have just failed. */
export interface Aside {
  rows: ParkedEvent[]
  failures: Failure[]
}

/** The events of a batch that can be handled now, in order. The others go aside. */
export function sortOut(
  events: readonly Event[],
  readings: Readings | undefined,
  queues: Queues,
  aside: Aside,
  place: Place,
): readonly Followed<never>[] {
  const known = new Map<number, Reading>(readings)
  const ready: Followed<never>[] = []
  for (const event of events) {
    const reading = known.get(event.seq)
    const dueAt = queues.behind(event)
    if (dueAt !== undefined) aside.rows.push(waiting(event, dueAt, place))
    else if (reading && 'isLate' in reading) {
      aside.rows.push(waiting(event, place.now, place))
      queues.begin(event, place.now)
    } else if (reading && 'cause' in reading) setAside(event, reading, queues, aside, place)
    else ready.push(withFact(event, reading))
  }
  return ready
}

/** Puts an event that has failed for the first time beside the cursor. */
export function setAside(
  event: Event,
  fault: Parameters<typeof failed>[1],
  queues: Queues,
  aside: Aside,
  place: Place,
): void {
  const row = failed(waiting(event, place.now, place), fault, place.now)
  aside.rows.push(row)
  aside.failures.push(failureOf(row, event.sourceId))
  queues.begin(event, never)
}

/** An event with what was read of it. A follower that reads nothing gets the event as it is. */
export function withFact(event: Event, reading: Reading | undefined): Followed<never> {
  return (reading && 'fact' in reading ? { ...event, fact: reading.fact } : event) as Followed<never>
}
