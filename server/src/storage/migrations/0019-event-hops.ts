import type { Migration } from './migration.ts'

/** How often an event has come through deliveries of this server or another: null for never. */
export const eventHops: Migration = {
  name: '0019-event-hops',
  sqlite: [`ALTER TABLE events ADD COLUMN hops INTEGER`],
  postgres: [`ALTER TABLE events ADD COLUMN hops bigint`],
}
