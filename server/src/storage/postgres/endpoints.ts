import type { Kysely } from 'kysely'
import type { EndpointStore } from '../../outbound/endpoint/endpoint-store.ts'
import { endpointStore, toEndpoint } from '../endpoints.ts'
import type { EndpointRow, Tables } from '../tables.ts'
import type { Session } from './session.ts'

/** Endpoints on PostgreSQL: what every claim and every fan-out asks is prepared. */
export function postgresEndpoints({ ask }: Session, db: Kysely<Tables>): EndpointStore {
  return {
    ...endpointStore(db),
    async forDelivery(ids) {
      if (ids.length === 0) return new Map()
      const { rows } = await ask<EndpointRow>(
        {
          name: 'endpoints-for-delivery',
          // Named columns: a prepared `*` fails from the moment on at which a newer version adds one.
          text: `SELECT id, workspace_id, customer, url, description, event_types, payload, concurrency, status, status_reason,
              sealed_secret, after_seq, created_at, updated_at, deleted_at, name, resource_types, filter, sealed_headers, retry,
              timeout_ms, rate_limit, ordering, metadata, signatures, former_secrets, sealed_tls, verified_at
            FROM endpoints WHERE id = ANY ($1::text[]) AND deleted_at IS NULL
              AND workspace_id NOT IN (SELECT id FROM workspaces WHERE deliveries_paused_at IS NOT NULL)`,
          onlyReads: true,
        },
        [ids],
      )
      return new Map(rows.map((row) => [row.id, toEndpoint(row)]))
    },
    async targetsVersion(workspaceId) {
      const { rows } = await ask<{ endpoints_version: number }>(
        { name: 'targets-version', text: 'SELECT endpoints_version FROM workspaces WHERE id = $1' },
        [workspaceId],
      )
      return rows[0]?.endpoints_version ?? 0
    },
  }
}
