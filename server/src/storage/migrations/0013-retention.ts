import type { Migration } from './migration.ts'

/** Compared byte by byte, as everywhere: see the first step. */
const text = 'text COLLATE "C"'

/** How far the removal of what is old has come, which deliveries began anew, and what was erased a moment ago. */
export const retention: Migration = {
  name: '0013-retention',
  sqlite: [
    // state: how far each sweep through old rows has come, and what it removed
    `CREATE TABLE sweeps (
       name TEXT PRIMARY KEY, place TEXT NOT NULL, kept_from TEXT, removed INTEGER NOT NULL, last_removed INTEGER NOT NULL,
       total INTEGER NOT NULL, ran_at INTEGER, swept_at INTEGER
     ) WITHOUT ROWID`,
    // state: deliveries that were begun anew by hand: their age counts from then
    `CREATE TABLE restarted_deliveries (delivery_id TEXT PRIMARY KEY, restarted_at INTEGER NOT NULL) WITHOUT ROWID`,
    `CREATE INDEX restarted_deliveries_age ON restarted_deliveries (restarted_at)`,
    // state: events that were erased a moment ago: an attempt that was on the wire may still be recorded
    `CREATE TABLE erased_lately (event_id TEXT PRIMARY KEY, look_at INTEGER NOT NULL) WITHOUT ROWID`,
  ],
  postgres: [
    // state: how far each sweep through old rows has come, and what it removed
    `CREATE TABLE sweeps (
       name ${text} PRIMARY KEY, place ${text} NOT NULL, kept_from ${text}, removed bigint NOT NULL,
       last_removed bigint NOT NULL, total bigint NOT NULL, ran_at bigint, swept_at bigint)`,
    // state: deliveries that were begun anew by hand: their age counts from then
    `CREATE TABLE restarted_deliveries (delivery_id ${text} PRIMARY KEY, restarted_at bigint NOT NULL)`,
    `CREATE INDEX restarted_deliveries_age ON restarted_deliveries (restarted_at)`,
    // state: events that were erased a moment ago: an attempt that was on the wire may still be recorded
    `CREATE TABLE erased_lately (event_id ${text} PRIMARY KEY, look_at bigint NOT NULL)`,
  ],
}
