import type { Migration } from './migration.ts'

/** When the contents of a request were removed, and the way from a request to those that repeat it with other bytes. */
export const erasedRequests: Migration = {
  name: '0010-erased-requests',
  sqlite: [
    `ALTER TABLE requests ADD COLUMN erased_at INTEGER`,
    `CREATE INDEX requests_repeating ON requests (repeat_of) WHERE repeat_of IS NOT NULL`,
  ],
  postgres: [
    `ALTER TABLE requests ADD COLUMN erased_at bigint`,
    `CREATE INDEX requests_repeating ON requests (repeat_of) WHERE repeat_of IS NOT NULL`,
  ],
}
