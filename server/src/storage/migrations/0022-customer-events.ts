import type { Migration } from './migration.ts'

const index = `CREATE INDEX events_of_customer ON events (workspace_id, customer, seq) WHERE customer IS NOT NULL`

/** A customer's events are listed, and the customers found, without looking through everybody's. */
export const customerEvents: Migration = {
  name: '0022-customer-events',
  sqlite: [index],
  postgres: [index],
}
