import { type ExpressionBuilder, type Kysely, type SqlBool, sql } from 'kysely'
import { lowestId } from '../base/id.ts'
import { together } from '../base/together.ts'
import type { Delivery, DeliveryStatus } from '../outbound/delivery/delivery.ts'
import type { DeliveryCause } from '../outbound/delivery/delivery-causes.ts'
import type { DerivedState } from '../outbound/delivery/delivery-state.ts'
import type { DeliveryFilter, DeliveryReads } from '../outbound/delivery/delivery-store.ts'
import type { OrderReads } from '../outbound/order/order.ts'
import { dayOf } from './days.ts'
import { erasedOf, typeRange } from './rows.ts'
import type { DeliveryRow, Tables } from './tables.ts'

const states: readonly DeliveryStatus[] = ['pending', 'waiting', 'success', 'failed']

/** How a status is stored. */
export const stateNumber = (status: DeliveryStatus): number => states.indexOf(status)

/** What is read of a delivery. */
export const columns = [
  'id',
  'workspace_id',
  'customer',
  'endpoint_id',
  'event_id',
  'event_type',
  'status',
  'due_at',
  'attempts',
  'cause',
  'created_at',
  'ended_at',
  'order_key',
] as const

export function deliveryReads(
  db: Kysely<Tables>,
): Omit<DeliveryReads, 'scan' | 'scanBack' | 'ofEvents' | keyof OrderReads> {
  return {
    async read(workspaceId, id, endpointsOf) {
      let query = db
        .selectFrom('deliveries')
        .select(columns)
        .select(isHeld)
        .where('id', '=', id)
        .where('workspace_id', '=', workspaceId)
      if (endpointsOf !== undefined) query = query.where(toEndpointsOf(endpointsOf))
      const row = await query.executeTakeFirst()
      return row && toDelivery(row)
    },
    async list(workspaceId, { endpointsOf, ...filter }, { after, limit }) {
      const list = () => fitting(db, workspaceId, filter, after, limit)
      if (endpointsOf === undefined) return (await list().execute()).map(toDelivery)
      // What goes to a few endpoints is found by each one's index: among everybody's it could be one row of a million.
      const few = await endpointIds(db, workspaceId, endpointsOf, fewEndpoints + 1)
      if (few.length > fewEndpoints) return (await list().where(toEndpointsOf(endpointsOf)).execute()).map(toDelivery)
      const found = await together(few.map((id) => list().where('endpoint_id', '=', id).execute()))
      return found
        .flat()
        .sort((a, b) => (a.id < b.id ? 1 : -1))
        .slice(0, limit)
        .map(toDelivery)
    },
    async cleanedUpTo(endpointId) {
      const row = await db
        .selectFrom('cleaned_deliveries')
        .select('up_to')
        .where('endpoint_id', '=', endpointId)
        .executeTakeFirst()
      return row?.up_to ?? 0
    },
    async attempts(workspaceId, deliveryId) {
      const rows = await db
        .selectFrom('attempts')
        .selectAll()
        .where('delivery_id', '=', deliveryId)
        .where('workspace_id', '=', workspaceId)
        // None was made before the delivery was: that spares PostgreSQL the partitions of earlier days.
        .where('started_at', '>=', dayOf('delivery', deliveryId).from)
        .orderBy('number')
        .limit(1000)
        .execute()
      return rows.map((row) => ({
        id: row.id,
        deliveryId: row.delivery_id,
        number: row.number,
        startedAt: row.started_at,
        status: row.status,
        cause: row.cause as DeliveryCause | null,
        detail: row.detail,
        timing: {
          dnsMs: row.dns_ms,
          connectMs: row.connect_ms,
          tlsMs: row.tls_ms,
          firstByteMs: row.first_byte_ms,
          totalMs: row.total_ms,
        },
        responseHeaders: JSON.parse(row.response_headers) as [string, string][],
        responseBody: row.response_body,
        isTruncated: row.is_truncated === 1,
        ...(row.signed_sha256 === null ? {} : { signed: { timestamp: row.signed_at ?? 0, sha256: row.signed_sha256 } }),
        ...(row.next_due_at === null ? {} : { nextDueAt: row.next_due_at }),
        ...erasedOf(row),
      }))
    },
  }
}

/** The deliveries of a list, newest first. */
function fitting(
  db: Kysely<Tables>,
  workspaceId: string,
  filter: Omit<DeliveryFilter, 'endpointsOf'>,
  after: string | null,
  limit: number,
) {
  let query = db
    .selectFrom('deliveries')
    .select(columns)
    .select(isHeld)
    .where('workspace_id', '=', workspaceId)
    .orderBy('id', 'desc')
    .limit(limit)
  if (filter.endpointId !== undefined) query = query.where('endpoint_id', '=', filter.endpointId)
  if (filter.customer !== undefined) query = query.where('customer', '=', filter.customer)
  if (filter.eventId !== undefined) query = query.where('event_id', '=', filter.eventId)
  if (filter.status !== undefined) query = query.where('status', '=', stateNumber(filter.status))
  if (filter.state !== undefined) query = query.where(isInState(filter.state))
  if (filter.cause !== undefined) query = query.where('cause', '=', filter.cause)
  const range = filter.eventType === undefined ? undefined : typeRange(filter.eventType)
  if (range) query = query.where('event_type', '>=', range.from).where('event_type', '<', range.below)
  else if (filter.eventType !== undefined) query = query.where('event_type', '=', filter.eventType)
  if (filter.from !== undefined) query = query.where('id', '>=', lowestId('delivery', filter.from))
  if (filter.to !== undefined) query = query.where('id', '<', lowestId('delivery', filter.to))
  if (after !== null) query = query.where('id', '<', after)
  return query
}

/** Of so many endpoints each is looked through by itself. */
const fewEndpoints = 20

/** The endpoints of a customer, deleted ones too, at most `limit`. */
async function endpointIds(db: Kysely<Tables>, workspaceId: string, customer: string, limit: number) {
  const rows = await db
    .selectFrom('endpoints')
    .select('id')
    .where('workspace_id', '=', workspaceId)
    .where('customer', '=', customer)
    .limit(limit)
    .execute()
  return rows.map(({ id }) => id)
}

/** A delivery to an endpoint of a customer; one that was deleted is its still. */
const toEndpointsOf = (customer: string) =>
  sql<SqlBool>`EXISTS (SELECT 1 FROM endpoints WHERE endpoints.id = deliveries.endpoint_id
    AND endpoints.workspace_id = deliveries.workspace_id AND endpoints.customer = ${customer})`

type Deliveries = ExpressionBuilder<Tables, 'deliveries'>

/** Whether a process holds the lane of an endpoint that is active. */
const laneIsHeld = ({ exists, selectFrom }: Deliveries) =>
  exists(
    selectFrom('lanes')
      .select('endpoint_id')
      .whereRef('lanes.endpoint_id', '=', 'deliveries.endpoint_id')
      .where('lanes.state', '=', 'active')
      .where('lanes.owner', 'is not', null),
  )

/** Asked only of what is pending: what has ended is in no lane. */
const isHeld = (eb: Deliveries) =>
  eb
    .case()
    .when(eb.and([eb('deliveries.status', '=', 0), laneIsHeld(eb)]))
    .then(sql.lit(1))
    .else(sql.lit(0))
    .end()
    .as('is_held')

/** The same as `stateOf`, asked of rows. */
const isInState =
  ({ is, now }: DerivedState) =>
  (eb: Deliveries) => {
    if (is === 'unfinished') return eb('deliveries.status', 'in', [0, 1])
    const isSent = eb.and([eb('deliveries.due_at', '<=', now), laneIsHeld(eb)])
    const isPending = eb('deliveries.status', '=', 0)
    if (is === 'sending') return eb.and([isPending, isSent])
    return eb.and([isPending, eb('deliveries.attempts', is === 'pending' ? '=' : '>', 0), eb.not(isSent)])
  }

/** These columns of a row. */
export type DeliveryColumns = Pick<
  { [Name in keyof DeliveryRow]: DeliveryRow[Name] },
  Exclude<(typeof columns)[number], 'attempts'>
> & { attempts: number; is_held?: number }

export function toDelivery(row: DeliveryColumns): Delivery {
  return {
    id: row.id,
    workspaceId: row.workspace_id,
    customer: row.customer,
    endpointId: row.endpoint_id,
    eventId: row.event_id,
    eventType: row.event_type,
    status: states[row.status] ?? 'failed',
    dueAt: row.due_at,
    attempts: row.attempts,
    cause: row.cause as DeliveryCause | null,
    createdAt: row.created_at,
    endedAt: row.ended_at,
    orderKey: row.order_key,
    isLaneHeld: row.is_held === 1,
  }
}
