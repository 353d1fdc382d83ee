import type { Migration } from './migration.ts'

const text = 'text COLLATE "C"'

/** The rows that are not at their end yet, by when they are due, and by what waits behind what. */
const unfinished = `state IN ('retrying', 'waiting')`
const indexes = [
  `CREATE INDEX parked_due ON parked (follower, due_at, seq) WHERE ${unfinished}`,
  `CREATE INDEX parked_queues ON parked (follower, workspace_id, subject, seq) WHERE ${unfinished}`,
  `CREATE INDEX parked_of_workspace ON parked (workspace_id, seq, follower)`,
  `CREATE INDEX parked_of_event ON parked (event_id)`,
]

/**
 * Events that a follower could not handle are tried again, and what comes after them of the same subject waits. What a
 * version before has parked was never tried again: it stays parked until somebody asks.
 */
export const parked: Migration = {
  name: '0009-parked',
  sqlite: [
    `ALTER TABLE parked ADD COLUMN state TEXT NOT NULL DEFAULT 'parked'`,
    `ALTER TABLE parked ADD COLUMN cause TEXT`,
    `ALTER TABLE parked ADD COLUMN event_type TEXT`,
    `ALTER TABLE parked ADD COLUMN after_gap INTEGER`,
    `ALTER TABLE parked ADD COLUMN created_at INTEGER`,
    `ALTER TABLE parked ADD COLUMN updated_at INTEGER`,
    `ALTER TABLE parked ADD COLUMN ended_at INTEGER`,
    ...indexes,
  ],
  postgres: [
    `ALTER TABLE parked ADD COLUMN state ${text} NOT NULL DEFAULT 'parked', ADD COLUMN cause ${text},
       ADD COLUMN event_type ${text}, ADD COLUMN after_gap bigint, ADD COLUMN created_at bigint,
       ADD COLUMN updated_at bigint, ADD COLUMN ended_at bigint`,
    ...indexes,
  ],
}
