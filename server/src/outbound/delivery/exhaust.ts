import { ownTypePrefix } from '../../events/event.ts'
import type { LogStore } from '../../events/log-store.ts'
import { ownEvent } from '../../events/own-event.ts'
import type { EndpointStore } from '../endpoint/endpoint-store.ts'
import type { DeliveryStore, Settlement } from './delivery-store.ts'
import { toldTo } from './told-to.ts'

/**
 * Tells of a delivery whose last attempt has failed. Its endpoint may still be well: what was told of an endpoint that is
 * disabled, or of an event that is gone, is news of its own. Few deliveries end so, and only for them the row is read.
 */
export async function tellExhausted(
  tx: { deliveries: Pick<DeliveryStore, 'read'>; endpoints: Pick<EndpointStore, 'customersOf'>; log: LogStore },
  { workspaceId, attempt, status }: Settlement,
): Promise<void> {
  if (status !== 'failed' || attempt.cause === 'EVENT_GONE') return
  const delivery = await tx.deliveries.read(workspaceId, attempt.deliveryId)
  // It was ended meanwhile: its endpoint deleted, its event erased.
  if (delivery?.status !== 'failed' || delivery.cause !== attempt.cause) return
  // Nobody is told that news of a delivery could not be delivered: that would go on for ever.
  if (delivery.eventType.startsWith(`${ownTypePrefix}delivery.`)) return
  const customer = (await toldTo(tx.endpoints, [delivery]))(delivery)
  await tx.log.appendEvents([
    ownEvent({
      workspaceId,
      customer,
      type: 'delivery.exhausted',
      subject: delivery.id,
      data: {
        id: delivery.id,
        endpointId: delivery.endpointId,
        eventId: delivery.eventId,
        eventType: delivery.eventType,
        customer: delivery.customer,
        attempts: delivery.attempts,
        cause: delivery.cause,
        createdAt: new Date(delivery.createdAt).toISOString(),
      },
      now: delivery.endedAt ?? attempt.startedAt,
    }),
  ])
}
