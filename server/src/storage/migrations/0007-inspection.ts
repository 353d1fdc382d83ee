import type { Migration } from './migration.ts'

/**
 * Looking into what came in: how long its body took to arrive and to be parsed, and lists of requests. Ids sort by the time
 * of receipt, so the list of a workspace is an index that only grows at its end, which costs an accepted request 2 to 3 µs.
 * One by source would grow in as many places as there are sources, for three times that; so the source is in this one, where
 * it is looked through without the rows. Requests with a cause are few and are what is looked for: the index of them costs
 * the others nothing.
 */
export const inspection: Migration = {
  name: '0007-inspection',
  sqlite: [
    `ALTER TABLE requests ADD COLUMN read_ms REAL`,
    `ALTER TABLE requests ADD COLUMN parse_ms REAL`,
    `CREATE INDEX requests_of_workspace ON requests (workspace_id, id, source_id)`,
    `CREATE INDEX requests_with_cause ON requests (workspace_id, id, source_id) WHERE cause IS NOT NULL`,
  ],
  postgres: [
    `ALTER TABLE requests ADD COLUMN read_ms double precision, ADD COLUMN parse_ms double precision`,
    `CREATE INDEX requests_of_workspace ON requests (workspace_id, id, source_id)`,
    `CREATE INDEX requests_with_cause ON requests (workspace_id, id, source_id) WHERE cause IS NOT NULL`,
  ],
}
