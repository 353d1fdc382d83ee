import type { Kysely } from 'kysely'
import type { EndpointStore } from '../../outbound/endpoint/endpoint-store.ts'
import { endpointStore, toEndpoint } from '../endpoints.ts'
import type { EndpointRow, Tables } from '../tables.ts'
import type { Database } from './database.ts'

/** Endpoints on SQLite: what every claim and every fan-out asks is prepared. */
export function sqliteEndpoints(db: Database, kysely: Kysely<Tables>): EndpointStore {
  return {
    ...endpointStore(kysely),
    async forDelivery(ids) {
      const rows = ids.map((id) =>
        db.one(
          `SELECT * FROM endpoints WHERE id = ? AND deleted_at IS NULL
             AND workspace_id NOT IN (SELECT id FROM workspaces WHERE deliveries_paused_at IS NOT NULL)`,
          [id],
        ),
      )
      return new Map(
        rows
          .filter((row) => row !== undefined)
          .map((row) => [String(row.id), toEndpoint(row as unknown as EndpointRow)]),
      )
    },
    async targetsVersion(workspaceId) {
      return Number(
        db.one('SELECT endpoints_version FROM workspaces WHERE id = ?', [workspaceId])?.endpoints_version ?? 0,
      )
    },
  }
}
