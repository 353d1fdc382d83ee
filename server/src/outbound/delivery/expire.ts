import { command } from '../../base/command.ts'
import { type NewEvent, ownTypePrefix } from '../../events/event.ts'
import type { LogStore } from '../../events/log-store.ts'
import { ownEvent } from '../../events/own-event.ts'
import type { EndpointStore } from '../endpoint/endpoint-store.ts'
import type { Delivery } from './delivery.ts'
import type { DeliveryStore } from './delivery-store.ts'
import { toldTo } from './told-to.ts'

/** How long a delivery may be unfinished, from when it was made or last begun anew by hand. */
export const unfinishedMs = 30 * 24 * 60 * 60 * 1000

/**
 * Ends a batch of the deliveries that were unfinished for too long, also those of paused endpoints, and tells each as an
 * event. Answers how many ended, whose lanes may have work by it, and whether there are no more of them.
 */
export const expireDeliveries = command<
  { deliveries: DeliveryStore; endpoints: Pick<EndpointStore, 'customersOf'>; log: LogStore },
  { now: number },
  { ended: number; endpointIds: readonly string[]; isDone: boolean }
>('expire-deliveries', async (tx, { now }) => {
  const { ended, isDone } = await tx.deliveries.expire(now - unfinishedMs, now)
  const told = ended.filter(({ eventType }) => eventType !== expiredType)
  const customerOf = await toldTo(tx.endpoints, told)
  const news = told.map((each) => expiredNews(each, customerOf(each), now))
  if (news.length > 0) await tx.log.appendEvents(news)
  return { ended: ended.length, endpointIds: [...new Set(ended.map((each) => each.endpointId))], isDone }
})

/** Nobody is told that the news of this could not be delivered: that would go on for ever. */
const expiredType = `${ownTypePrefix}delivery.expired`

const expiredNews = (delivery: Delivery, customer: string | null, now: number): NewEvent =>
  ownEvent({
    workspaceId: delivery.workspaceId,
    customer,
    type: 'delivery.expired',
    subject: delivery.id,
    data: {
      id: delivery.id,
      endpointId: delivery.endpointId,
      eventId: delivery.eventId,
      eventType: delivery.eventType,
      customer: delivery.customer,
      attempts: delivery.attempts,
      createdAt: new Date(delivery.createdAt).toISOString(),
    },
    now,
  })
