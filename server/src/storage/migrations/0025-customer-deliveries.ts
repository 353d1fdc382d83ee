import type { Migration } from './migration.ts'

const index = `CREATE INDEX deliveries_of_customer ON deliveries (workspace_id, customer, id) WHERE customer IS NOT NULL`

/** A customer's deliveries are listed without looking through everybody's. What is nobody's costs nothing more. */
export const customerDeliveries: Migration = {
  name: '0025-customer-deliveries',
  sqlite: [index],
  postgres: [index],
}
