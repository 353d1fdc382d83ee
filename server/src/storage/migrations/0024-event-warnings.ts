import type { Migration } from './migration.ts'

/** In what way an event does not fit the schema of its type, where that is only noted. */
export const eventWarnings: Migration = {
  name: '0024-event-warnings',
  sqlite: [`ALTER TABLE events ADD COLUMN warning TEXT`],
  postgres: [`ALTER TABLE events ADD COLUMN warning text COLLATE "C"`],
}
