import type { SweepName } from './keep.ts'

/** One turn of a sweep. */
export interface SweepCall {
  sweep: SweepName
  /** What was received before then is old, in milliseconds. */
  before: number
  now: number
  /** The followers whose place nothing may be removed behind. */
  followers: readonly string[]
}

export interface Swept {
  /** Rows, or pages, that were removed or emptied. */
  removed: number
  /** Nothing more is old at the moment. */
  isDone: boolean
  /** Another process is at it. */
  isElsewhere: boolean
}

/** Removes what is old, inside a transaction. */
export interface RetentionStore {
  /**
   * Goes on with a sweep where the last turn ended, oldest first, and removes a bounded number of rows. What a follower has
   * not passed, what is parked, held, or needed by an unfinished delivery is left, and looked at again by the next pass.
   */
  sweep(call: SweepCall): Promise<Swept>
}

/** How a sweep stands. */
export interface SweepState {
  name: SweepName
  /** When its last turn was, and when it last had nothing more to remove. */
  ranAt: number | null
  sweptAt: number | null
  /** What its last whole pass removed, and all of them together. */
  lastRemoved: number
  total: number
}

/** So much of a table; estimated. */
export interface Amount {
  rows: number
  /** Of the rows without bodies, and of the bodies. */
  recordBytes: number
  bodyBytes: number
}

/** What a table holds, and what comes in a day, on average over the days that were looked at. */
export interface Held extends Amount {
  table: 'requests' | 'events' | 'deliveries' | 'attempts' | 'dedupe-keys'
  /** When the oldest row was made; null when there is none. */
  oldestAt: number | null
  perDay: Amount
  /** What of it is kept for a time of its own: refused requests, deliveries that succeeded and their attempts. */
  apart: Amount & { perDay: Amount }
}

export interface Sizes {
  tables: readonly Held[]
  /** Of the database on the disk. */
  databaseBytes: number
  /** Within it, room that what comes next fills first. */
  reusableBytes: number
}

export interface RetentionReads {
  states(): Promise<readonly SweepState[]>
  /** Estimates from a few hundred rows and the database's own figures, never by reading whole tables. */
  sizes(now: number): Promise<Sizes>
}
