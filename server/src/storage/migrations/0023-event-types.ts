import type { Migration } from './migration.ts'

const text = 'text COLLATE "C"'

/** The types of event that workspaces describe themselves. */
export const eventTypes: Migration = {
  name: '0023-event-types',
  sqlite: [
    // state: the types of event that a workspace has described
    `CREATE TABLE event_types (
       workspace_id TEXT NOT NULL, type TEXT NOT NULL, description TEXT NOT NULL, schema TEXT, validation TEXT NOT NULL,
       example TEXT, created_at INTEGER NOT NULL, updated_at INTEGER NOT NULL, PRIMARY KEY (workspace_id, type)
     )`,
  ],
  postgres: [
    // state: the types of event that a workspace has described
    `CREATE TABLE event_types (
       workspace_id ${text} NOT NULL, type ${text} NOT NULL, description ${text} NOT NULL, schema ${text},
       validation ${text} NOT NULL, example ${text}, created_at bigint NOT NULL, updated_at bigint NOT NULL,
       PRIMARY KEY (workspace_id, type))`,
  ],
}
