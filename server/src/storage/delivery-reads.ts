import type { Kysely } from 'kysely'
import { lowestId } from '../base/id.ts'
import type { Delivery, DeliveryCause, DeliveryStatus } from '../outbound/delivery.ts'
import type { DeliveryReads } from '../outbound/delivery-store.ts'
import type { OrderReads } from '../outbound/order.ts'
import { dayOf } from './days.ts'
import { erasedOf, typeRange } from './rows.ts'
import type { DeliveryRow, Tables } from './tables.ts'

const states: readonly DeliveryStatus[] = ['pending', 'waiting', 'success', 'failed']

/** How a status is stored. */
export const stateNumber = (status: DeliveryStatus): number => states.indexOf(status)

const columns = [
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

export function deliveryReads(db: Kysely<Tables>): Omit<DeliveryReads, keyof OrderReads> {
  return {
    async read(workspaceId, id) {
      const row = await db
        .selectFrom('deliveries')
        .select(columns)
        .where('id', '=', id)
        .where('workspace_id', '=', workspaceId)
        .executeTakeFirst()
      return row && toDelivery(row)
    },
    async list(workspaceId, filter, { after, limit }) {
      let query = db
        .selectFrom('deliveries')
        .select(columns)
        .where('workspace_id', '=', workspaceId)
        .orderBy('id', 'desc')
        .limit(limit)
      if (filter.endpointId !== undefined) query = query.where('endpoint_id', '=', filter.endpointId)
      if (filter.eventId !== undefined) query = query.where('event_id', '=', filter.eventId)
      if (filter.status !== undefined) query = query.where('status', '=', stateNumber(filter.status))
      if (filter.orderKey !== undefined) query = query.where('order_key', '=', filter.orderKey)
      if (filter.cause !== undefined) query = query.where('cause', '=', filter.cause)
      const range = filter.eventType === undefined ? undefined : typeRange(filter.eventType)
      if (range) query = query.where('event_type', '>=', range.from).where('event_type', '<', range.below)
      else if (filter.eventType !== undefined) query = query.where('event_type', '=', filter.eventType)
      if (filter.from !== undefined) query = query.where('id', '>=', lowestId('delivery', filter.from))
      if (filter.to !== undefined) query = query.where('id', '<', lowestId('delivery', filter.to))
      if (after !== null) query = query.where('id', '<', after)
      return (await query.execute()).map(toDelivery)
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
        ...erasedOf(row),
      }))
    },
  }
}

export function toDelivery(
  row: Pick<{ [Name in keyof DeliveryRow]: DeliveryRow[Name] }, Exclude<(typeof columns)[number], 'attempts'>> & {
    attempts: number
  },
): Delivery {
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
  }
}
