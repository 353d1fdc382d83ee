import type { Migration } from './migration.ts'

/** Compared byte by byte, as everywhere: see the first step. */
const text = 'text COLLATE "C"'

/**
 * Refused requests are kept whole, within bounds, and can be accepted later. `quarantined` has one narrow row for each that
 * is counted, so that who holds most and what is oldest is found without looking at `requests`. What an earlier version
 * refused has no row: it has no body either, and goes with its age.
 */
export const quarantine: Migration = {
  name: '0006-quarantine',
  sqlite: [
    `ALTER TABLE requests ADD COLUMN accepted_at INTEGER`,
    // state: what is in quarantine, in order of receipt; with it what a record masks and its proof needs, sealed
    `CREATE TABLE quarantined (
       request_id TEXT PRIMARY KEY, workspace_id TEXT NOT NULL, source_id TEXT NOT NULL, received_at INTEGER NOT NULL,
       network TEXT NOT NULL, bytes INTEGER NOT NULL, sealed_parts TEXT
     ) WITHOUT ROWID`,
    `CREATE INDEX quarantined_of_network ON quarantined (source_id, network, request_id)`,
    `CREATE INDEX quarantined_of_source ON quarantined (source_id, request_id)`,
    // state: how much that is, a row for each network of a source, one for the source (no network), one for all (no source)
    `CREATE TABLE quarantine_shares (
       source_id TEXT NOT NULL, network TEXT NOT NULL, requests INTEGER NOT NULL, bytes INTEGER NOT NULL,
       PRIMARY KEY (source_id, network)
     ) WITHOUT ROWID`,
    `CREATE INDEX quarantine_shares_by_requests ON quarantine_shares (source_id, requests) WHERE network <> ''`,
    `CREATE INDEX quarantine_shares_by_bytes ON quarantine_shares (source_id, bytes) WHERE network <> ''`,
    `CREATE INDEX quarantine_shares_of_sources ON quarantine_shares (bytes) WHERE network = ''`,
    // state: secrets that have ended, to find out what was signed with; nothing is accepted by them
    `CREATE TABLE former_secrets (source_id TEXT PRIMARY KEY, workspace_id TEXT NOT NULL, sealed TEXT NOT NULL) WITHOUT ROWID`,
  ],
  postgres: [
    `ALTER TABLE requests ADD COLUMN accepted_at bigint`,
    // state: what is in quarantine, in order of receipt; with it what a record masks and its proof needs, sealed
    `CREATE TABLE quarantined (
       request_id ${text} PRIMARY KEY, workspace_id ${text} NOT NULL, source_id ${text} NOT NULL, received_at bigint NOT NULL,
       network ${text} NOT NULL, bytes bigint NOT NULL, sealed_parts ${text})`,
    `CREATE INDEX quarantined_of_network ON quarantined (source_id, network, request_id)`,
    `CREATE INDEX quarantined_of_source ON quarantined (source_id, request_id)`,
    // state: how much that is, a row for each network of a source, one for the source (no network), one for all (no source)
    `CREATE TABLE quarantine_shares (
       source_id ${text} NOT NULL, network ${text} NOT NULL, requests bigint NOT NULL, bytes bigint NOT NULL,
       PRIMARY KEY (source_id, network))`,
    `CREATE INDEX quarantine_shares_by_requests ON quarantine_shares (source_id, requests) WHERE network <> ''`,
    `CREATE INDEX quarantine_shares_by_bytes ON quarantine_shares (source_id, bytes) WHERE network <> ''`,
    `CREATE INDEX quarantine_shares_of_sources ON quarantine_shares (bytes) WHERE network = ''`,
    // state: secrets that have ended, to find out what was signed with; nothing is accepted by them
    `CREATE TABLE former_secrets (source_id ${text} PRIMARY KEY, workspace_id ${text} NOT NULL, sealed ${text} NOT NULL)`,
  ],
}
