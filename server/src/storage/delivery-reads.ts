import type { Kysely } from 'kysely'
import type { DeliveryCause } from '../outbound/delivery/delivery-causes.ts'
import type { DeliveryReads } from '../outbound/delivery/delivery-store.ts'
import type { OrderReads } from '../outbound/order/order.ts'
import { dayOf } from './days.ts'
import { deliveryList } from './delivery-list.ts'
import { columns, goesToEndpointOf, isHeld, toDelivery } from './delivery-rows.ts'
import { erasedOf } from './rows.ts'
import type { Tables } from './tables.ts'

export function deliveryReads(
  db: Kysely<Tables>,
): Omit<DeliveryReads, 'scan' | 'scanBack' | 'ofEvents' | keyof OrderReads> {
  return {
    ...deliveryList(db),
    async read(workspaceId, id, endpointsOf) {
      let query = db
        .selectFrom('deliveries')
        .select(columns)
        .select(isHeld)
        .where('id', '=', id)
        .where('workspace_id', '=', workspaceId)
      if (endpointsOf !== undefined) query = query.where((eb) => goesToEndpointOf(eb, endpointsOf))
      const row = await query.executeTakeFirst()
      return row && toDelivery(row)
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
