import type { Migration } from './migration.ts'

const text = 'text COLLATE "C"'

/**
 * Deliveries that go one after the other. `order_key` is the key in whose order a delivery stands; null where nothing is
 * ordered, and then the index does not know it. Of each key one is pending and the rest wait (status 1).
 */
export const deliveryOrder: Migration = {
  name: '0017-delivery-order',
  sqlite: [
    `ALTER TABLE deliveries ADD COLUMN order_key TEXT`,
    `CREATE INDEX deliveries_in_order ON deliveries (endpoint_id, order_key, status, event_seq)
       WHERE status < 2 AND order_key IS NOT NULL`,
    // state: keys whose first delivery failed for good, so that what comes after it waits
    `CREATE TABLE blocked_keys (
       delivery_id TEXT PRIMARY KEY, workspace_id TEXT NOT NULL, endpoint_id TEXT NOT NULL, order_key TEXT NOT NULL,
       event_seq INTEGER NOT NULL, blocked_at INTEGER NOT NULL
     ) WITHOUT ROWID`,
    `CREATE INDEX blocked_keys_of_endpoint ON blocked_keys (endpoint_id, order_key, event_seq)`,
    `CREATE INDEX blocked_keys_listed ON blocked_keys (endpoint_id, delivery_id)`,
    `CREATE INDEX blocked_keys_by_age ON blocked_keys (blocked_at)`,
  ],
  postgres: [
    `ALTER TABLE deliveries ADD COLUMN order_key ${text}`,
    `CREATE INDEX deliveries_in_order ON deliveries (endpoint_id, order_key, status, event_seq)
       WHERE status < 2 AND order_key IS NOT NULL`,
    // state: keys whose first delivery failed for good, so that what comes after it waits
    `CREATE TABLE blocked_keys (
       delivery_id ${text} PRIMARY KEY, workspace_id ${text} NOT NULL, endpoint_id ${text} NOT NULL,
       order_key ${text} NOT NULL, event_seq bigint NOT NULL, blocked_at bigint NOT NULL)`,
    `CREATE INDEX blocked_keys_of_endpoint ON blocked_keys (endpoint_id, order_key, event_seq)`,
    `CREATE INDEX blocked_keys_listed ON blocked_keys (endpoint_id, delivery_id)`,
    `CREATE INDEX blocked_keys_by_age ON blocked_keys (blocked_at)`,
  ],
}
