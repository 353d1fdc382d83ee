import type { Migration } from './migration.ts'

/** Compared byte by byte, as everywhere: see the first step. */
const text = 'text COLLATE "C"'

/**
 * More ways in: paths that several sources share, routes that share out one source's events, sources that the
 * environment sets up, and sources that hold what they receive. `holding` is 0 (no), 1 (paused) or 2 (releasing).
 */
export const waysIn: Migration = {
  name: '0002-ways-in',
  sqlite: [
    `ALTER TABLE sources ADD COLUMN origin TEXT NOT NULL DEFAULT 'api'`,
    `ALTER TABLE sources ADD COLUMN fixed_path TEXT`,
    `ALTER TABLE sources ADD COLUMN holding INTEGER NOT NULL DEFAULT 0`,
    `ALTER TABLE sources ADD COLUMN routes_version INTEGER NOT NULL DEFAULT 0`,
    `CREATE INDEX sources_releasing ON sources (id) WHERE holding = 2`,
    // state: who is found at a fixed path. The places bound how many; the hash finds a source by its token.
    `CREATE TABLE source_claims (
       source_id TEXT PRIMARY KEY, path TEXT NOT NULL, place INTEGER NOT NULL, token_hash TEXT,
       UNIQUE (path, place), UNIQUE (path, token_hash)
     ) WITHOUT ROWID`,
    // state: which source an origin outside of the database made; of two processes that make it, one does
    `CREATE TABLE source_origins (name TEXT PRIMARY KEY, source_id TEXT NOT NULL) WITHOUT ROWID`,
    // state: whose an event of a source is
    `CREATE TABLE source_routes (
       source_id TEXT NOT NULL, route TEXT NOT NULL, workspace_id TEXT NOT NULL, customer TEXT,
       created_at INTEGER NOT NULL, updated_at INTEGER NOT NULL, PRIMARY KEY (source_id, route)
     ) WITHOUT ROWID`,
    // view: routes that events had and that no source knows
    `CREATE TABLE unknown_routes (
       source_id TEXT NOT NULL, route TEXT NOT NULL, count INTEGER NOT NULL, first_seen_at INTEGER NOT NULL,
       last_seen_at INTEGER NOT NULL, PRIMARY KEY (source_id, route)
     ) WITHOUT ROWID`,
    // state: events of a paused source that are not in the log yet, and what their request's record will say
    `CREATE TABLE held_events (
       source_id TEXT NOT NULL, request_id TEXT NOT NULL, n INTEGER NOT NULL, request_cause TEXT, request_detail TEXT,
       id TEXT NOT NULL, workspace_id TEXT NOT NULL, customer TEXT, type TEXT NOT NULL, subject TEXT, order_key TEXT,
       data TEXT, data_bytes INTEGER NOT NULL, received_at INTEGER NOT NULL, dedupe_key TEXT, dedupe_hash TEXT,
       PRIMARY KEY (source_id, request_id, n)
     )`,
  ],
  postgres: [
    `ALTER TABLE sources ADD COLUMN origin ${text} NOT NULL DEFAULT 'api', ADD COLUMN fixed_path ${text},
       ADD COLUMN holding smallint NOT NULL DEFAULT 0, ADD COLUMN routes_version bigint NOT NULL DEFAULT 0`,
    `CREATE INDEX sources_releasing ON sources (id) WHERE holding = 2`,
    // state: who is found at a fixed path. The places bound how many; the hash finds a source by its token.
    `CREATE TABLE source_claims (
       source_id ${text} PRIMARY KEY, path ${text} NOT NULL, place integer NOT NULL, token_hash ${text},
       UNIQUE (path, place), UNIQUE (path, token_hash))`,
    // state: which source an origin outside of the database made; of two processes that make it, one does
    `CREATE TABLE source_origins (name ${text} PRIMARY KEY, source_id ${text} NOT NULL)`,
    // state: whose an event of a source is
    `CREATE TABLE source_routes (
       source_id ${text} NOT NULL, route ${text} NOT NULL, workspace_id ${text} NOT NULL, customer ${text},
       created_at bigint NOT NULL, updated_at bigint NOT NULL, PRIMARY KEY (source_id, route))`,
    // view: routes that events had and that no source knows
    `CREATE TABLE unknown_routes (
       source_id ${text} NOT NULL, route ${text} NOT NULL, count bigint NOT NULL, first_seen_at bigint NOT NULL,
       last_seen_at bigint NOT NULL, PRIMARY KEY (source_id, route))`,
    // state: events of a paused source that are not in the log yet, and what their request's record will say
    `CREATE TABLE held_events (
       source_id ${text} NOT NULL, request_id ${text} NOT NULL, n integer NOT NULL, request_cause ${text},
       request_detail ${text}, id ${text} NOT NULL, workspace_id ${text} NOT NULL, customer ${text}, type ${text} NOT NULL,
       subject ${text}, order_key ${text}, data ${text}, data_bytes bigint NOT NULL, received_at bigint NOT NULL,
       dedupe_key ${text}, dedupe_hash ${text}, PRIMARY KEY (source_id, request_id, n))`,
  ],
}
