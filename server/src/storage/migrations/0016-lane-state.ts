import type { Migration } from './migration.ts'

const text = 'text COLLATE "C"'

/** What a lane's owner has learned of its endpoint; null for nothing. */
export const laneState: Migration = {
  name: '0016-lane-state',
  sqlite: [`ALTER TABLE lanes ADD COLUMN condition TEXT`],
  postgres: [`ALTER TABLE lanes ADD COLUMN condition ${text}`],
}
