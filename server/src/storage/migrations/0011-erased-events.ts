import type { Migration } from './migration.ts'

/** When the data of an event was removed. */
export const erasedEvents: Migration = {
  name: '0011-erased-events',
  sqlite: [`ALTER TABLE events ADD COLUMN erased_at INTEGER`],
  postgres: [`ALTER TABLE events ADD COLUMN erased_at bigint`],
}
