import type { Migration } from './migration.ts'

/**
 * A limit for each source, and a number that changes whenever any source does: the way in asks for that one number
 * instead of for every source that it knows.
 */
export const sourceLimits: Migration = {
  name: '0004-source-limits',
  sqlite: [
    `ALTER TABLE sources ADD COLUMN rate_limit TEXT`,
    // state: what has changed is looked at again
    `CREATE TABLE versions (name TEXT PRIMARY KEY, version INTEGER NOT NULL) WITHOUT ROWID`,
  ],
  postgres: [
    `ALTER TABLE sources ADD COLUMN rate_limit text COLLATE "C"`,
    // state: what has changed is looked at again
    `CREATE TABLE versions (name text COLLATE "C" PRIMARY KEY, version bigint NOT NULL)`,
  ],
}
