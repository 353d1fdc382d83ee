import type { Migration } from './migration.ts'

const index = `CREATE INDEX endpoints_of_customer ON endpoints (workspace_id, customer, id) WHERE customer IS NOT NULL`

/** Who has endpoints, and which. Deleted ones are in it: their deliveries are their customer's still. */
export const customerEndpoints: Migration = {
  name: '0026-customer-endpoints',
  sqlite: [index],
  postgres: [index],
}
