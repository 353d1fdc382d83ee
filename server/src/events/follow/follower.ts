import type { Savepoint } from '../../base/command.ts'
import type { Event, LoggedEvent } from '../event.ts'
import type { LogStore } from '../log-store.ts'
import type { FollowerStore } from './follower-store.ts'

/** Reads the log in order and turns events into rows, in the transaction that moves its cursor. */
export interface Follower<Tx, Settings = unknown, Fact = undefined> {
  name: string
  /** The only types it is shown, when it is not for all; its cursor passes the others without reading them. */
  types?: readonly string[]
  /** Whether it looks at the events' data; most followers do not, and are spared its reading. */
  readsData: boolean
  /**
   * What an event says, as plain data. It depends on the event and the settings alone, and runs in a process of its own,
   * with limits of time and memory: whatever is in an event, reading it harms nobody else. Twice is once.
   */
  read?(event: Event, settings: Settings): Fact | Promise<Fact>
  /**
   * The first of those events that must be read before they can be handled, as `read` gets them. Without this all of them
   * must; with it an event that was not read has no fact.
   */
  toRead?(tx: Tx, events: readonly LoggedEvent[]): Promise<readonly Event[]>
  /**
   * Handles events in order. Handling an event twice has the effect of once. Answers what the outside should hear of.
   * The settings are those that the follower was started with: plain data, for it runs where the database is. There it
   * only writes: what may take long or fail on what a sender sent belongs into `read`. Reports each change it makes when
   * somebody wants to know.
   */
  run(
    tx: Tx,
    events: readonly Followed<Fact>[],
    now: number,
    settings: Settings,
    report?: (change: Change) => void,
  ): Promise<Stirred>
}

/** A follower whose settings and facts are its own affair. */
export type AnyFollower<Tx> = Omit<Follower<Tx, never, never>, 'read'> & {
  read?(event: Event, settings: never): unknown
}

/** Something that a follower has written, as a dry run shows it. */
export type Change =
  | { kind: 'delivery'; endpointId: string }
  | { kind: 'event'; type: string; subject: string | null; data: string | null }
  | { kind: 'subscription' | 'payment' | 'user'; id: string; before: unknown; after: unknown }

/** What a follower's work has set in motion. */
export interface Stirred {
  /** Lanes that have new work. */
  lanes: readonly string[]
  made: number
  /** What whoever hears of it can go on with at once, without reading it again: the follower's own affair. */
  fresh?: readonly unknown[]
  /** The requests whose events made something, for the log. */
  requests: readonly string[]
  /** Events that it could make nothing of, where a sender may send such: they are passed over for good, and told. */
  passedOver?: readonly PassedOver[]
}

/** An event that a follower cannot read. */
export interface PassedOver {
  eventId: string
  reason: string
}

/** An event as its follower gets it. */
export type Followed<Fact = undefined> = LoggedEvent & {
  /** What was read of it. */
  fact: Fact
  /** The place of an earlier event of its subject that was left out. */
  afterGap?: number
}

/** For which follower events are handled, and when. */
export interface Place {
  follower: string
  now: number
  settings: unknown
}

export type FollowTx = { log: LogStore; followers: FollowerStore } & Savepoint

export const still: Stirred = { lanes: [], made: 0, requests: [] }

/** Finds a follower by its name. */
export function followersByName<Tx>(followers: readonly AnyFollower<Tx>[]) {
  const byName = new Map(followers.map((each) => [each.name, each]))
  return (name: string): AnyFollower<Tx> => {
    const follower = byName.get(name)
    if (!follower) throw new Error(`follower "${name}" does not exist`)
    return follower
  }
}
