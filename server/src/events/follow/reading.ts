import type { Event, LoggedEvent } from '../event.ts'
import type { AnyFollower } from './follower.ts'
import type { HandlingCause } from './parked.ts'

/** What reading an event came to: the facts in it, why there are none, or that somebody else must take his time with it. */
export type Reading = { fact: unknown } | { cause: HandlingCause; error: string } | { isLate: true }

/** Readings by their events' places in the log. An array, because it crosses to where the database is. */
export type Readings = readonly (readonly [seq: number, reading: Reading])[]

/** Reads events where nothing they do can harm the server. */
export interface FactReader {
  /**
   * Reads events of one follower in order, each for at most so long. When one of them ends the process that reads, it is
   * the last of the answer, with its cause: those after it were not read. Rejects when nothing can be read at all;
   * with a `Problem` when the server stops.
   */
  read(follower: string, events: readonly Event[], settings: unknown, limitMs: number): Promise<Readings>
  /** Ends also what is being read. */
  close(): Promise<void>
}

/** At most this much data crosses for one reading; at least one event does. */
const mostBytes = 4 * 1024 * 1024

/** The first events, as many as are read at once. */
export function firstToRead(events: readonly Event[]): readonly Event[] {
  let bytes = 0
  const end = events.findIndex(({ data }, i) => {
    bytes += data?.length ?? 0
    return i > 0 && bytes > mostBytes
  })
  return end < 0 ? events : events.slice(0, end)
}

/** The events that must be read before the follower can handle them, and have not been. */
export async function unread<Tx>(
  tx: Tx,
  { read, toRead }: AnyFollower<Tx>,
  events: readonly LoggedEvent[],
  readings: Readings = [],
): Promise<readonly Event[]> {
  if (!read) return []
  const known = new Set(readings.map(([seq]) => seq))
  const left = known.size === 0 ? events : events.filter(({ seq }) => !known.has(seq))
  return toRead && left.length > 0 ? toRead(tx, left) : left
}
