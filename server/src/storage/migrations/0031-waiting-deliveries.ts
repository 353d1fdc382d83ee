import type { Migration } from './migration.ts'

/** What waits behind another delivery of its key, so that ending a long queue does not walk past all that does not wait. */
const index = `CREATE INDEX deliveries_waiting ON deliveries (endpoint_id) WHERE status = 1`

export const waitingDeliveries: Migration = {
  name: '0031-waiting-deliveries',
  sqlite: [index],
  postgres: [index],
}
