import type { Migration } from './migration.ts'

/** Since when all deliveries of a workspace are paused; null while they are not. */
export const workspacePause: Migration = {
  name: '0030-workspace-pause',
  sqlite: [
    `ALTER TABLE workspaces ADD COLUMN deliveries_paused_at INTEGER`,
    `CREATE INDEX workspaces_paused ON workspaces (id) WHERE deliveries_paused_at IS NOT NULL`,
  ],
  postgres: [
    `ALTER TABLE workspaces ADD COLUMN deliveries_paused_at bigint`,
    `CREATE INDEX workspaces_paused ON workspaces (id) WHERE deliveries_paused_at IS NOT NULL`,
  ],
}
