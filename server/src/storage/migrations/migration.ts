import type { Log } from '../../base/log.ts'

/**
 * One step of the schema. A step that has run anywhere is never edited.
 *
 * On PostgreSQL the processes of the version before go on working while it runs, so there it only adds: tables, indexes,
 * columns that may be left out, rows. It is one transaction, and its locks last until its end: it is short, and touches
 * one table that is in use, because a second lock would be waited for by those who wait for the first.
 */
export interface Migration {
  /** Its number and what it is about; steps run in the order of their names. */
  name: string
  sqlite: readonly string[]
  postgres: readonly string[]
}

/** Who brings a database to the newest schema. */
export interface Upgrade {
  now: number
  /** The version of this program, kept beside each step that it runs. */
  version: string
  journal: Log
  /** Every step that this program knows, in order; a test may know more. */
  migrations?: readonly Migration[]
}
