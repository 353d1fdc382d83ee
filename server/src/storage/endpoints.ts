import { randomInt } from 'node:crypto'
import type { Kysely } from 'kysely'
import type { Endpoint } from '../outbound/endpoint/endpoint.ts'
import type { EndpointChanges, EndpointStore } from '../outbound/endpoint/endpoint-store.ts'
import { pausedOf } from './lanes.ts'
import { changed } from './rows.ts'
import type { EndpointRow, Tables } from './tables.ts'

export function endpointStore(db: Kysely<Tables>): EndpointStore {
  const living = (workspaceId: string) =>
    db.selectFrom('endpoints').where('workspace_id', '=', workspaceId).where('deleted_at', 'is', null)
  // Fan-out keeps the targets of a workspace in memory for as long as this number stands. It is drawn, not counted: a
  // count that was rolled back would come again, with other endpoints.
  const touch = (workspaceId: string) =>
    db
      .updateTable('workspaces')
      .set({ endpoints_version: randomInt(2 ** 47) })
      .where('id', '=', workspaceId)
      .execute()
  return {
    async read(workspaceId, id) {
      const row = await living(workspaceId).where('id', '=', id).selectAll().executeTakeFirst()
      return row && toEndpoint(row)
    },
    async list(workspaceId, { customer }, { after, limit }) {
      let query = living(workspaceId).selectAll().orderBy('id', 'desc').limit(limit)
      if (customer !== undefined) query = query.where('customer', '=', customer)
      if (after !== null) query = query.where('id', '<', after)
      return (await query.execute()).map(toEndpoint)
    },
    async insert(endpoint) {
      await db.insertInto('endpoints').values(toRow(endpoint)).execute()
      await touch(endpoint.workspaceId)
    },
    async update(workspaceId, id, changes, now, expected) {
      let query = db
        .updateTable('endpoints')
        .set({ ...columnsOf(changes), updated_at: now })
        .where('workspace_id', '=', workspaceId)
        .where('id', '=', id)
        .where('deleted_at', 'is', null)
      if (expected) {
        const signatures = textOf(expected.signatures)
        query = query
          .where('sealed_secret', '=', expected.sealedSecret)
          .where('signatures', signatures === null ? 'is' : '=', signatures)
      }
      const row = await query.returningAll().executeTakeFirst()
      if (row) await touch(workspaceId)
      return row && toEndpoint(row)
    },
    async verify(id, url, now) {
      await db
        .updateTable('endpoints')
        .set({ verified_at: now })
        .where('id', '=', id)
        .where('url', '=', url)
        .where('verified_at', 'is', null)
        .execute()
    },
    async remove(workspaceId, id, now) {
      const result = await db
        .updateTable('endpoints')
        .set({ deleted_at: now, status: 'disabled', status_reason: 'deleted' })
        .where('workspace_id', '=', workspaceId)
        .where('id', '=', id)
        .where('deleted_at', 'is', null)
        .executeTakeFirst()
      if (result.numUpdatedRows > 0n) await touch(workspaceId)
      return result.numUpdatedRows > 0n
    },
    async forDelivery(ids) {
      if (ids.length === 0) return new Map()
      const rows = await db
        .selectFrom('endpoints')
        .selectAll()
        .where('id', 'in', ids)
        .where('workspace_id', 'not in', pausedOf(db))
        .where('deleted_at', 'is', null)
        .execute()
      return new Map(rows.map((row) => [row.id, toEndpoint(row)]))
    },
    async customersOf(ids) {
      if (ids.length === 0) return new Map()
      const rows = await db.selectFrom('endpoints').select(['id', 'customer']).where('id', 'in', ids).execute()
      return new Map(rows.map(({ id, customer }) => [id, customer]))
    },
    async targetsVersion(workspaceId) {
      const row = await db
        .selectFrom('workspaces')
        .select('endpoints_version')
        .where('id', '=', workspaceId)
        .executeTakeFirst()
      return row?.endpoints_version ?? 0
    },
    async targets(workspaceId) {
      const rows = await living(workspaceId)
        .where('status', '!=', 'disabled')
        .select(['id', 'workspace_id', 'customer', 'event_types', 'after_seq', 'resource_types', 'filter', 'ordering'])
        .execute()
      return rows.map((row) => ({
        id: row.id,
        workspaceId: row.workspace_id,
        customer: row.customer,
        eventTypes: JSON.parse(row.event_types) as string[],
        afterSeq: row.after_seq,
        resourceTypes: listOf<string>(row.resource_types),
        filter: row.filter,
        ordering: row.ordering as Endpoint['ordering'],
      }))
    },
  }
}

const columnsOf = (changes: EndpointChanges) =>
  changed({
    url: changes.url,
    description: changes.description,
    event_types: changes.eventTypes && JSON.stringify(changes.eventTypes),
    payload: changes.payload,
    concurrency: changes.concurrency,
    status: changes.status,
    status_reason: changes.statusReason,
    sealed_secret: changes.sealedSecret,
    name: changes.name,
    resource_types: changes.resourceTypes && JSON.stringify(changes.resourceTypes),
    filter: changes.filter,
    sealed_headers: changes.sealedHeaders,
    retry: changes.retry && JSON.stringify(changes.retry),
    timeout_ms: changes.timeoutMs,
    rate_limit: changes.rateLimit && JSON.stringify(changes.rateLimit),
    ordering: changes.ordering,
    metadata: changes.metadata,
    signatures: changes.signatures && JSON.stringify(changes.signatures),
    former_secrets: changes.formerSecrets && JSON.stringify(changes.formerSecrets),
    sealed_tls: changes.sealedTls,
    verified_at: changes.verifiedAt,
  })

const textOf = (list: readonly string[] | null): string | null => list && JSON.stringify(list)

const listOf = <Item>(text: string | null): readonly Item[] | null =>
  text === null ? null : (JSON.parse(text) as Item[])

export function toEndpoint(row: EndpointRow): Endpoint {
  return {
    id: row.id,
    workspaceId: row.workspace_id,
    customer: row.customer,
    url: row.url,
    description: row.description,
    eventTypes: JSON.parse(row.event_types) as string[],
    payload: row.payload === 'raw' ? 'raw' : 'standard',
    concurrency: row.concurrency,
    status: row.status as Endpoint['status'],
    statusReason: row.status_reason,
    sealedSecret: row.sealed_secret,
    afterSeq: row.after_seq,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
    name: row.name,
    resourceTypes: listOf(row.resource_types),
    filter: row.filter,
    sealedHeaders: row.sealed_headers,
    retry: row.retry === null ? null : JSON.parse(row.retry),
    timeoutMs: row.timeout_ms,
    rateLimit: row.rate_limit === null ? null : JSON.parse(row.rate_limit),
    ordering: row.ordering as Endpoint['ordering'],
    metadata: row.metadata,
    signatures: listOf(row.signatures),
    formerSecrets: listOf(row.former_secrets) ?? [],
    sealedTls: row.sealed_tls,
    verifiedAt: row.verified_at,
  }
}

function toRow(endpoint: Endpoint): EndpointRow {
  return {
    id: endpoint.id,
    workspace_id: endpoint.workspaceId,
    customer: endpoint.customer,
    url: endpoint.url,
    description: endpoint.description,
    event_types: JSON.stringify(endpoint.eventTypes),
    payload: endpoint.payload,
    concurrency: endpoint.concurrency,
    status: endpoint.status,
    status_reason: endpoint.statusReason,
    sealed_secret: endpoint.sealedSecret,
    after_seq: endpoint.afterSeq,
    created_at: endpoint.createdAt,
    updated_at: endpoint.updatedAt,
    deleted_at: null,
    name: endpoint.name,
    resource_types: endpoint.resourceTypes && JSON.stringify(endpoint.resourceTypes),
    filter: endpoint.filter,
    sealed_headers: endpoint.sealedHeaders,
    retry: endpoint.retry && JSON.stringify(endpoint.retry),
    timeout_ms: endpoint.timeoutMs,
    rate_limit: endpoint.rateLimit && JSON.stringify(endpoint.rateLimit),
    ordering: endpoint.ordering,
    metadata: endpoint.metadata,
    signatures: textOf(endpoint.signatures),
    former_secrets: endpoint.formerSecrets.length > 0 ? JSON.stringify(endpoint.formerSecrets) : null,
    sealed_tls: endpoint.sealedTls,
    verified_at: endpoint.verifiedAt,
  }
}
