import type { Migration } from './migration.ts'

/**
 * Up to when an endpoint's deliveries were cleaned away on demand: an event before then without a delivery may have had
 * one, and is not taken for one that was missed.
 */
export const cleanedDeliveries: Migration = {
  name: '0020-cleaned-deliveries',
  sqlite: [
    // state: endpoints whose deliveries somebody has cleaned away
    `CREATE TABLE cleaned_deliveries (endpoint_id TEXT PRIMARY KEY, up_to INTEGER NOT NULL) WITHOUT ROWID`,
  ],
  postgres: [
    // state: endpoints whose deliveries somebody has cleaned away
    `CREATE TABLE cleaned_deliveries (endpoint_id text COLLATE "C" PRIMARY KEY, up_to bigint NOT NULL)`,
  ],
}
