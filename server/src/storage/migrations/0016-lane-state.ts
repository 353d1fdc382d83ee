import type { Migration } from './migration.ts'

const text = 'text COLLATE "C"'

/** What a lane's owner has learned of its endpoint; null for nothing. */
export const laneState: Migration = {
  name: '0016-lane-state',
  sqlite: [`ALTER TABLE lanes ADD COLUMN condition TEXT`],
  postgres: [`ALTER TABLE lanes ADD COLUMN condition ${text}`],
}

/** Since when all deliveries of a workspace are paused; null while they are not. */
export const workspacePause: Migration = {
  name: '0016-workspace-pause',
  sqlite: [
    `ALTER TABLE workspaces ADD COLUMN deliveries_paused_at INTEGER`,
    `CREATE INDEX workspaces_paused ON workspaces (id) WHERE deliveries_paused_at IS NOT NULL`,
  ],
  postgres: [
    `ALTER TABLE workspaces ADD COLUMN deliveries_paused_at bigint`,
    `CREATE INDEX workspaces_paused ON workspaces (id) WHERE deliveries_paused_at IS NOT NULL`,
  ],
}
