import { defaultWorkspaceId } from '../../base/id.ts'
import type { Migration } from './migration.ts'

/**
 * Text is compared byte by byte, as SQLite does it. In the order of a language ids would not sort by time (Danish puts
 * "aa" after "z"), and the range that `github.*` means would not be one.
 */
const text = 'text COLLATE "C"'

/**
 * The spine: who may call, where requests come in, the log, and the way out. Times are milliseconds since 1970, JSON is
 * kept as text (jsonb refuses what senders send: `\u0000`, lone surrogates), secrets are sealed.
 *
 * On PostgreSQL the log and the attempts are partitioned by day of receipt, so that retention drops whole days; their
 * ids tell the day. Deliveries and dedupe keys are narrow and are deleted in batches.
 */
export const spine: Migration = {
  name: '0001-spine',
  sqlite: [
    // state: the tenants
    `CREATE TABLE workspaces (
       id TEXT PRIMARY KEY, name TEXT NOT NULL, endpoints_version INTEGER NOT NULL DEFAULT 0, created_at INTEGER NOT NULL
     ) WITHOUT ROWID`,
    `INSERT INTO workspaces (id, name, created_at) VALUES ('${defaultWorkspaceId}', 'default', 0)`,
    // state: sealed values of the server itself
    `CREATE TABLE keyring (name TEXT PRIMARY KEY, sealed TEXT NOT NULL) WITHOUT ROWID`,
    // state: keys to the API
    `CREATE TABLE credentials (
       id TEXT PRIMARY KEY, workspace_id TEXT NOT NULL REFERENCES workspaces (id), name TEXT NOT NULL,
       key_hash TEXT NOT NULL UNIQUE, preview TEXT NOT NULL, scopes TEXT NOT NULL, origin TEXT NOT NULL,
       created_at INTEGER NOT NULL, revoked_at INTEGER
     ) WITHOUT ROWID`,
    `CREATE UNIQUE INDEX credentials_first ON credentials (origin) WHERE origin = 'first'`,
    // state: the processes that share the work
    `CREATE TABLE processes (
       id TEXT PRIMARY KEY, beats INTEGER NOT NULL, roles TEXT NOT NULL, beat_at INTEGER NOT NULL
     ) WITHOUT ROWID`,
    // state: where requests come in
    `CREATE TABLE sources (
       id TEXT PRIMARY KEY, workspace_id TEXT NOT NULL REFERENCES workspaces (id), customer TEXT, kind TEXT NOT NULL,
       name TEXT NOT NULL, key TEXT NOT NULL UNIQUE, sealed_secrets TEXT NOT NULL, config TEXT NOT NULL,
       is_enabled INTEGER NOT NULL, created_at INTEGER NOT NULL, updated_at INTEGER NOT NULL
     ) WITHOUT ROWID`,
    `CREATE INDEX sources_of_workspace ON sources (workspace_id, id)`,
    // the log: requests as received. Rows with bodies stay out of the key's tree, so it has a rowid.
    `CREATE TABLE requests (
       id TEXT PRIMARY KEY, workspace_id TEXT NOT NULL, source_id TEXT NOT NULL, received_at INTEGER NOT NULL,
       method TEXT NOT NULL, url TEXT NOT NULL, headers TEXT NOT NULL, body BLOB, body_bytes INTEGER NOT NULL,
       sender_address TEXT NOT NULL, verdict TEXT NOT NULL, cause TEXT, detail TEXT, repeat_of TEXT, verify_ms REAL NOT NULL
     )`,
    `CREATE INDEX requests_quarantined ON requests (source_id, id) WHERE verdict = 'quarantined'`,
    // the log: events. AUTOINCREMENT, or a log emptied by retention begins at 1 again and its followers skip it.
    `CREATE TABLE events (
       seq INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, workspace_id TEXT NOT NULL, customer TEXT,
       source_id TEXT, request_id TEXT, type TEXT NOT NULL, subject TEXT, order_key TEXT, data TEXT,
       data_bytes INTEGER NOT NULL, received_at INTEGER NOT NULL
     )`,
    `CREATE INDEX events_of_workspace ON events (workspace_id, seq)`,
    `CREATE INDEX events_by_type ON events (workspace_id, type, seq)`,
    `CREATE INDEX events_by_source ON events (workspace_id, source_id, seq) WHERE source_id IS NOT NULL`,
    `CREATE INDEX events_by_request ON events (request_id) WHERE request_id IS NOT NULL`,
    // the log: which provider ids are known. The hash covers the source; n counts keys that share a hash. With a rowid:
    // hashes fall anywhere, and a tree of hashes alone is a tenth of one that holds the rows.
    `CREATE TABLE dedupe_keys (
       hash INTEGER NOT NULL, n INTEGER NOT NULL, source_id TEXT NOT NULL, key TEXT NOT NULL, event_id TEXT NOT NULL,
       request_id TEXT NOT NULL, expires_at INTEGER NOT NULL, repeats INTEGER NOT NULL DEFAULT 0, repeated_at INTEGER,
       PRIMARY KEY (hash, n)
     )`,
    `CREATE INDEX dedupe_keys_expiry ON dedupe_keys (expires_at)`,
    // state: how far each reader of the log has come
    `CREATE TABLE followers (
       name TEXT PRIMARY KEY, cursor INTEGER NOT NULL, owner TEXT, generation INTEGER NOT NULL
     ) WITHOUT ROWID`,
    // state: events that a follower could not handle
    `CREATE TABLE parked (
       follower TEXT NOT NULL, seq INTEGER NOT NULL, event_id TEXT NOT NULL, workspace_id TEXT NOT NULL, subject TEXT,
       error TEXT NOT NULL, attempts INTEGER NOT NULL, due_at INTEGER NOT NULL, PRIMARY KEY (follower, seq)
     ) WITHOUT ROWID`,
    // state: where deliveries go
    `CREATE TABLE endpoints (
       id TEXT PRIMARY KEY, workspace_id TEXT NOT NULL REFERENCES workspaces (id), customer TEXT, url TEXT NOT NULL,
       description TEXT NOT NULL, event_types TEXT NOT NULL, payload TEXT NOT NULL, concurrency INTEGER NOT NULL,
       status TEXT NOT NULL, status_reason TEXT, sealed_secret TEXT NOT NULL, after_seq INTEGER NOT NULL,
       created_at INTEGER NOT NULL, updated_at INTEGER NOT NULL, deleted_at INTEGER
     ) WITHOUT ROWID`,
    `CREATE INDEX endpoints_of_workspace ON endpoints (workspace_id, id) WHERE deleted_at IS NULL`,
    // state: one queue an endpoint, leased as a whole
    `CREATE TABLE lanes (
       endpoint_id TEXT PRIMARY KEY, workspace_id TEXT NOT NULL, customer TEXT, state TEXT NOT NULL, next_due INTEGER,
       owner TEXT, generation INTEGER NOT NULL DEFAULT 0
     ) WITHOUT ROWID`,
    `CREATE INDEX lanes_due ON lanes (next_due) WHERE state = 'active' AND next_due IS NOT NULL`,
    `CREATE INDEX lanes_owned ON lanes (owner) WHERE owner IS NOT NULL`,
    `CREATE INDEX lanes_ending ON lanes (endpoint_id) WHERE state IN ('disabled', 'deleted') AND next_due IS NOT NULL`,
    // state: events on their way. status: 0 pending, 1 waiting, 2 success, 3 failed. With a rowid: its indexes would
    // hold the whole id otherwise.
    `CREATE TABLE deliveries (
       id TEXT PRIMARY KEY, workspace_id TEXT NOT NULL, customer TEXT, endpoint_id TEXT NOT NULL, event_id TEXT NOT NULL,
       event_seq INTEGER NOT NULL, event_type TEXT NOT NULL, status INTEGER NOT NULL, due_at INTEGER NOT NULL,
       attempts INTEGER NOT NULL DEFAULT 0, tries INTEGER NOT NULL DEFAULT 0, cause TEXT, created_at INTEGER NOT NULL,
       ended_at INTEGER, UNIQUE (event_id, endpoint_id)
     )`,
    `CREATE INDEX deliveries_pending ON deliveries (endpoint_id, due_at) WHERE status = 0`,
    `CREATE INDEX deliveries_of_endpoint ON deliveries (endpoint_id, id)`,
    `CREATE INDEX deliveries_of_workspace ON deliveries (workspace_id, id)`,
    `CREATE INDEX deliveries_failed ON deliveries (workspace_id, id) WHERE status = 3`,
    // the record of what was tried. An outcome whose commit was not answered is recorded again: the index knows it.
    `CREATE TABLE attempts (
       id TEXT NOT NULL, workspace_id TEXT NOT NULL, delivery_id TEXT NOT NULL, number INTEGER NOT NULL,
       started_at INTEGER NOT NULL, status INTEGER, cause TEXT, detail TEXT, dns_ms REAL, connect_ms REAL, tls_ms REAL,
       first_byte_ms REAL, total_ms REAL NOT NULL, response_headers TEXT NOT NULL, response_body TEXT NOT NULL,
       is_truncated INTEGER NOT NULL
     )`,
    `CREATE UNIQUE INDEX attempts_of_delivery ON attempts (delivery_id, number, started_at)`,
  ],
  postgres: [
    // state: the tenants
    `CREATE TABLE workspaces (
       id ${text} PRIMARY KEY, name ${text} NOT NULL, endpoints_version bigint NOT NULL DEFAULT 0, created_at bigint NOT NULL)`,
    `INSERT INTO workspaces (id, name, created_at) VALUES ('${defaultWorkspaceId}', 'default', 0)`,
    // state: sealed values of the server itself
    `CREATE TABLE keyring (name ${text} PRIMARY KEY, sealed ${text} NOT NULL)`,
    // state: keys to the API
    `CREATE TABLE credentials (
       id ${text} PRIMARY KEY, workspace_id ${text} NOT NULL REFERENCES workspaces (id), name ${text} NOT NULL,
       key_hash ${text} NOT NULL UNIQUE, preview ${text} NOT NULL, scopes ${text} NOT NULL, origin ${text} NOT NULL,
       created_at bigint NOT NULL, revoked_at bigint)`,
    `CREATE UNIQUE INDEX credentials_first ON credentials (origin) WHERE origin = 'first'`,
    // state: the processes that share the work
    `CREATE TABLE processes (id ${text} PRIMARY KEY, beats bigint NOT NULL, roles ${text} NOT NULL, beat_at bigint NOT NULL)`,
    // state: where requests come in
    `CREATE TABLE sources (
       id ${text} PRIMARY KEY, workspace_id ${text} NOT NULL REFERENCES workspaces (id), customer ${text}, kind ${text} NOT NULL,
       name ${text} NOT NULL, key ${text} NOT NULL UNIQUE, sealed_secrets ${text} NOT NULL, config ${text} NOT NULL,
       is_enabled smallint NOT NULL, created_at bigint NOT NULL, updated_at bigint NOT NULL)`,
    `CREATE INDEX sources_of_workspace ON sources (workspace_id, id)`,
    // the log: requests as received. Bodies are compressed (the default) although it takes 30 ms a MiB of what does not
    // shrink: uncompressed, bodies of 5 and 20 KiB took 3 times the disk and the write-ahead log, for 30 % less time.
    `CREATE TABLE requests (
       id ${text} NOT NULL, workspace_id ${text} NOT NULL, source_id ${text} NOT NULL, received_at bigint NOT NULL,
       method ${text} NOT NULL, url ${text} NOT NULL, headers ${text} NOT NULL, body bytea, body_bytes bigint NOT NULL,
       sender_address ${text} NOT NULL, verdict ${text} NOT NULL, cause ${text}, detail ${text}, repeat_of ${text},
       verify_ms double precision NOT NULL, PRIMARY KEY (id, received_at)
     ) PARTITION BY RANGE (received_at)`,
    `CREATE INDEX requests_quarantined ON requests (source_id, id) WHERE verdict = 'quarantined'`,
    // CACHE 1: a session that keeps numbers back would hand them out after a reader has passed them.
    `CREATE SEQUENCE events_seq AS bigint CACHE 1`,
    // the log: events
    `CREATE TABLE events (
       seq bigint NOT NULL DEFAULT nextval('events_seq'), id ${text} NOT NULL, workspace_id ${text} NOT NULL, customer ${text},
       source_id ${text}, request_id ${text}, type ${text} NOT NULL, subject ${text}, order_key ${text}, data ${text},
       data_bytes bigint NOT NULL, received_at bigint NOT NULL, PRIMARY KEY (seq, received_at)
     ) PARTITION BY RANGE (received_at)`,
    `CREATE INDEX events_by_id ON events (id)`,
    `CREATE INDEX events_of_workspace ON events (workspace_id, seq)`,
    `CREATE INDEX events_by_type ON events (workspace_id, type, seq)`,
    `CREATE INDEX events_by_source ON events (workspace_id, source_id, seq) WHERE source_id IS NOT NULL`,
    `CREATE INDEX events_by_request ON events (request_id) WHERE request_id IS NOT NULL`,
    // the log: which provider ids are known. The hash covers the source; n counts keys that share a hash.
    `CREATE TABLE dedupe_keys (
       hash bigint NOT NULL, n integer NOT NULL, source_id ${text} NOT NULL, key ${text} NOT NULL, event_id ${text} NOT NULL,
       request_id ${text} NOT NULL, expires_at bigint NOT NULL, repeats bigint NOT NULL DEFAULT 0, repeated_at bigint,
       PRIMARY KEY (hash, n))`,
    `CREATE INDEX dedupe_keys_expiry ON dedupe_keys (expires_at)`,
    // state: how far each reader of the log has come
    `CREATE TABLE followers (name ${text} PRIMARY KEY, cursor bigint NOT NULL, owner ${text}, generation bigint NOT NULL)`,
    // state: events that a follower could not handle
    `CREATE TABLE parked (
       follower ${text} NOT NULL, seq bigint NOT NULL, event_id ${text} NOT NULL, workspace_id ${text} NOT NULL, subject ${text},
       error ${text} NOT NULL, attempts integer NOT NULL, due_at bigint NOT NULL, PRIMARY KEY (follower, seq))`,
    // state: where deliveries go
    `CREATE TABLE endpoints (
       id ${text} PRIMARY KEY, workspace_id ${text} NOT NULL REFERENCES workspaces (id), customer ${text}, url ${text} NOT NULL,
       description ${text} NOT NULL, event_types ${text} NOT NULL, payload ${text} NOT NULL, concurrency integer NOT NULL,
       status ${text} NOT NULL, status_reason ${text}, sealed_secret ${text} NOT NULL, after_seq bigint NOT NULL,
       created_at bigint NOT NULL, updated_at bigint NOT NULL, deleted_at bigint)`,
    `CREATE INDEX endpoints_of_workspace ON endpoints (workspace_id, id) WHERE deleted_at IS NULL`,
    // state: one queue an endpoint, leased as a whole
    `CREATE TABLE lanes (
       endpoint_id ${text} PRIMARY KEY, workspace_id ${text} NOT NULL, customer ${text}, state ${text} NOT NULL, next_due bigint,
       owner ${text}, generation bigint NOT NULL DEFAULT 0)`,
    `CREATE INDEX lanes_due ON lanes (next_due) WHERE state = 'active' AND next_due IS NOT NULL`,
    `CREATE INDEX lanes_owned ON lanes (owner) WHERE owner IS NOT NULL`,
    `CREATE INDEX lanes_ending ON lanes (endpoint_id) WHERE state IN ('disabled', 'deleted') AND next_due IS NOT NULL`,
    // state: events on their way. status: 0 pending, 1 waiting, 2 success, 3 failed.
    `CREATE TABLE deliveries (
       id ${text} PRIMARY KEY, workspace_id ${text} NOT NULL, customer ${text}, endpoint_id ${text} NOT NULL, event_id ${text} NOT NULL,
       event_seq bigint NOT NULL, event_type ${text} NOT NULL, status smallint NOT NULL, due_at bigint NOT NULL,
       attempts integer NOT NULL DEFAULT 0, tries integer NOT NULL DEFAULT 0, cause ${text}, created_at bigint NOT NULL,
       ended_at bigint, UNIQUE (event_id, endpoint_id)
     ) WITH (fillfactor = 85)`,
    `CREATE INDEX deliveries_pending ON deliveries (endpoint_id, due_at) WHERE status = 0`,
    `CREATE INDEX deliveries_of_endpoint ON deliveries (endpoint_id, id)`,
    `CREATE INDEX deliveries_of_workspace ON deliveries (workspace_id, id)`,
    `CREATE INDEX deliveries_failed ON deliveries (workspace_id, id) WHERE status = 3`,
    // the record of what was tried. An outcome whose commit was not answered is recorded again: the index knows it.
    `CREATE TABLE attempts (
       id ${text} NOT NULL, workspace_id ${text} NOT NULL, delivery_id ${text} NOT NULL, number integer NOT NULL,
       started_at bigint NOT NULL, status integer, cause ${text}, detail ${text}, dns_ms double precision,
       connect_ms double precision, tls_ms double precision, first_byte_ms double precision,
       total_ms double precision NOT NULL, response_headers ${text} NOT NULL, response_body ${text} NOT NULL,
       is_truncated smallint NOT NULL
     ) PARTITION BY RANGE (started_at)`,
    `CREATE UNIQUE INDEX attempts_of_delivery ON attempts (delivery_id, number, started_at)`,
    // What no day's partition takes (a clock that was far off) still has a place.
    `CREATE TABLE requests_other PARTITION OF requests DEFAULT`,
    `CREATE TABLE events_other PARTITION OF events DEFAULT`,
    `CREATE TABLE attempts_other PARTITION OF attempts DEFAULT`,
  ],
}
