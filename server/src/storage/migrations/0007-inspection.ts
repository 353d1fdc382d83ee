import type { Migration } from './migration.ts'

/**
 * Looking into what came in: how long its body took to arrive and to be parsed, and lists of requests. Ids sort by the time
 * of receipt, so both lists are ends of an index that only grows. Requests with a cause are few, and those that are looked
 * for; the index of them costs the others nothing.
 */
export const inspection: Migration = {
  name: '0007-inspection',
  sqlite: [
    `ALTER TABLE requests ADD COLUMN read_ms REAL`,
    `ALTER TABLE requests ADD COLUMN parse_ms REAL`,
    `CREATE INDEX requests_of_workspace ON requests (workspace_id, id)`,
    `CREATE INDEX requests_of_source ON requests (workspace_id, source_id, id)`,
    `CREATE INDEX requests_with_cause ON requests (workspace_id, id) WHERE cause IS NOT NULL`,
  ],
  postgres: [
    `ALTER TABLE requests ADD COLUMN read_ms double precision, ADD COLUMN parse_ms double precision`,
    `CREATE INDEX requests_of_workspace ON requests (workspace_id, id)`,
    `CREATE INDEX requests_of_source ON requests (workspace_id, source_id, id)`,
    `CREATE INDEX requests_with_cause ON requests (workspace_id, id) WHERE cause IS NOT NULL`,
  ],
}
