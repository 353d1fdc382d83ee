import { type Kysely, type RawBuilder, sql } from 'kysely'
import type { Customer, CustomerReads } from '../outbound/endpoint/customer-store.ts'
import type { Tables } from './tables.ts'

/** What names customers, each with an index that goes from one name to the next, or few rows. */
const namedIn = ['endpoints', 'events', 'sources', 'source_routes']

export function customerReads(db: Kysely<Tables>): CustomerReads {
  return {
    async list(workspaceId, { after, limit }, countedTo) {
      const { rows } = await sql<Row>`
        WITH RECURSIVE names (name) AS (
          SELECT ${nextName(workspaceId, sql`${after ?? ''}`)}
          UNION ALL
          SELECT ${nextName(workspaceId, sql`names.name`)} FROM names WHERE names.name IS NOT NULL
        ), shown (name) AS (SELECT name FROM names WHERE name IS NOT NULL LIMIT ${limit})
        SELECT ${counts(workspaceId, countedTo, ofCustomer('deliveries', workspaceId))} FROM shown`.execute(db)
      return rows.map(toCustomer)
    },
    async read(workspaceId, name, countedTo) {
      const named = sql.join(
        namedIn.map((table) => sql`(SELECT 1 FROM ${among(table, workspaceId)} AND customer = ${name} LIMIT 1)`),
        sql`, `,
      )
      const { rows } = await sql<Row>`
        WITH shown (name) AS (SELECT CAST(${name} AS TEXT) WHERE coalesce(${named}) = 1)
        SELECT ${counts(workspaceId, countedTo, toOwnEndpoints(workspaceId))} FROM shown`.execute(db)
      return rows.map(toCustomer)[0]
    },
  }
}

interface Row {
  name: string
  endpoints: number
  events: number
  deliveries: number
  last_event_at: number | null
}

/** The least name beyond one, by the indexes: there are few customers beside very many events. */
function nextName(workspaceId: string, name: RawBuilder<unknown>): RawBuilder<unknown> {
  const least = namedIn.map(
    (table) => sql`SELECT min(customer) AS name FROM ${among(table, workspaceId)} AND customer > ${name}`,
  )
  return sql`(SELECT min(name) FROM (${sql.join(least, sql` UNION ALL `)}) AS nearest)`
}

/** A table's rows of a workspace; of endpoints those that are not deleted. */
const among = (table: string, workspaceId: string) =>
  sql`${sql.table(table)} WHERE workspace_id = ${workspaceId}${table === 'endpoints' ? sql` AND deleted_at IS NULL` : sql``}`

/**
 * Deliveries to the customer's own endpoints, deleted ones too: what his events come to elsewhere he is not to know. By endpoint:
 * of all that his events have made, those could be one row of a million.
 */
const toOwnEndpoints = (workspaceId: string) => sql`(SELECT id FROM endpoints WHERE workspace_id = ${workspaceId}
  AND customer = shown.name) AS own CROSS JOIN deliveries WHERE deliveries.endpoint_id = own.id`

/** All that his events have made. */
const ofCustomer = (table: string, workspaceId: string) => sql`${among(table, workspaceId)} AND customer = shown.name`

function counts(workspaceId: string, countedTo: number, deliveries: RawBuilder<unknown>): RawBuilder<unknown> {
  const count = (rows: RawBuilder<unknown>, name: string) => sql`(SELECT count(*) FROM (
    SELECT 1 FROM ${rows} LIMIT ${countedTo}) AS counted) AS ${sql.ref(name)}`
  return sql`shown.name AS name, ${count(ofCustomer('endpoints', workspaceId), 'endpoints')},
    ${count(ofCustomer('events', workspaceId), 'events')}, ${count(deliveries, 'deliveries')},
    (SELECT received_at FROM ${among('events', workspaceId)} AND customer = shown.name ORDER BY seq DESC LIMIT 1)
    AS last_event_at`
}

function toCustomer(row: Row): Customer {
  return {
    name: row.name,
    endpoints: Number(row.endpoints),
    events: Number(row.events),
    deliveries: Number(row.deliveries),
    lastEventAt: row.last_event_at,
  }
}
