import type { Migration } from './migration.ts'

/** How often a held event has come through a delivery; null for never. */
export const heldHops: Migration = {
  name: '0034-held-hops',
  sqlite: [`ALTER TABLE held_events ADD COLUMN hops INTEGER`],
  postgres: [`ALTER TABLE held_events ADD COLUMN hops bigint`],
}
