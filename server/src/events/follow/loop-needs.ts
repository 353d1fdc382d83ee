import type { Clock } from '../../base/clock.ts'
import type { Command, Commit } from '../../base/command.ts'
import { Problem, StoreUnavailable } from '../../base/errors.ts'
import type { Log } from '../../base/log.ts'
import type { Failure } from './aside.ts'
import type { Advance, Advanced } from './follow.ts'
import type { Stirred } from './follower.ts'
import type { FactReader } from './reading.ts'
import type { Retried, Retry } from './retry.ts'

/** What keeps a follower moving. */
export interface FollowLoopNeeds {
  follower: string
  /** How the follower is set now; plain data, for it runs where the database is. */
  settings?(): unknown
  /**
   * How long it rests after a batch that was not full, however often it is woken. For a follower that finds little of
   * its own in the log: it looks at many events at once then, and not at each.
   */
  restMs?: number
  advance: Command<never, Advance, Advanced>
  retry: Command<never, Retry, Retried>
  /** Who reads the events of a follower that does not do so itself. */
  readers?: Readers
  commit: Commit
  settledUpTo(): Promise<number>
  owner: string
  clock: Clock
  journal: Log
  /** Hears of what the follower has set in motion, after each batch. */
  onStirred(stirred: Stirred & { read: number }): void
  /** Hears of the events that could not be handled. */
  onFailed?(failed: readonly Failure[]): void
}

/** Two readers, so that an event that is read for ever keeps no other waiting but those that failed too. */
export interface Readers {
  /** Reads what is new, each event for a moment at most: what takes longer, or ends it, is left to the other. */
  first: FactReader
  firstMs: number
  /** Reads the rest, each for as long as it may take. */
  careful: FactReader
  carefulMs: number
}

/** Who reads the events of the follower; a fault when nobody was given and somebody must. */
export function readersOf({ follower, readers }: FollowLoopNeeds): Readers {
  if (!readers) throw new Error(`follower "${follower}" reads its events elsewhere, and was given nobody to read them`)
  return readers
}

/** Whether a failure is one that says itself what it is, elsewhere: the database is gone, or the server stops. */
export function isExpected(error: unknown): boolean {
  return error instanceof StoreUnavailable || error instanceof Problem
}
