import { command } from '../../base/command.ts'
import { Problem } from '../../base/errors.ts'
import { type NewEvent, ownTypePrefix } from '../../events/event.ts'
import type { LogStore } from '../../events/log-store.ts'
import { ownEvent } from '../../events/own-event.ts'
import type { Delivery } from '../delivery/delivery.ts'
import type { DeliveryStore } from '../delivery/delivery-store.ts'
import { toldTo } from '../delivery/told-to.ts'
import type { EndpointStore } from '../endpoint/endpoint-store.ts'

type SkipTx = { deliveries: DeliveryStore; endpoints: Pick<EndpointStore, 'customersOf'>; log: LogStore }

/**
 * Passes over a delivery of an ordered endpoint, so that what waits behind it goes on: one that failed for good, and also
 * one that has not ended. It is told as an event.
 */
export const skipDelivery = command<SkipTx, { workspaceId: string; id: string; now: number }, Delivery>(
  'skip-delivery',
  async (tx, { workspaceId, id, now }) => {
    const skipped = await tx.deliveries.skip(workspaceId, id, now)
    if (!skipped) throw await whyNot(tx, workspaceId, id)
    await tell(tx, [skipped], 'request', now)
    return skipped
  },
)

async function whyNot(tx: SkipTx, workspaceId: string, id: string): Promise<Problem> {
  const known = await tx.deliveries.read(workspaceId, id)
  if (!known) return new Problem('NOT_FOUND', `there is no delivery "${id}"`)
  const why =
    known.orderKey === null
      ? 'it stands in no order, so nothing waits behind it'
      : `it has ended as ${known.status}, and nothing waits for it`
  return new Problem('CONFLICT', `delivery "${id}" cannot be skipped: ${why}`)
}

/** Deliveries that are skipped in one turn. */
const atOnce = 50

/**
 * Passes over a batch of the deliveries that failed for good and have held up their key since before then. Answers how many,
 * whose lanes have work by it, and whether there are no more of them.
 */
export const skipBlocked = command<
  SkipTx,
  { before: number; now: number },
  { skipped: number; endpointIds: readonly string[]; isDone: boolean }
>('skip-blocked', async (tx, { before, now }) => {
  const skipped = await tx.deliveries.skipBlocked(before, now, atOnce)
  await tell(tx, skipped, 'age', now)
  const endpointIds = [...new Set(skipped.map((each) => each.endpointId))]
  return { skipped: skipped.length, endpointIds, isDone: skipped.length < atOnce }
})

/** Nobody is told that the news of this could not be delivered: that would go on for ever. */
const skippedType = `${ownTypePrefix}delivery.skipped`

async function tell(tx: SkipTx, skipped: readonly Delivery[], reason: 'request' | 'age', now: number): Promise<void> {
  const told = skipped.filter(({ eventType }) => eventType !== skippedType)
  const customerOf = await toldTo(tx.endpoints, told)
  const news = told.map((each) => newsOf(each, customerOf(each), reason, now))
  if (news.length > 0) await tx.log.appendEvents(news)
}

const newsOf = (delivery: Delivery, customer: string | null, reason: 'request' | 'age', now: number): NewEvent =>
  ownEvent({
    workspaceId: delivery.workspaceId,
    customer,
    type: 'delivery.skipped',
    subject: delivery.id,
    data: {
      id: delivery.id,
      endpointId: delivery.endpointId,
      eventId: delivery.eventId,
      eventType: delivery.eventType,
      customer: delivery.customer,
      attempts: delivery.attempts,
      reason,
    },
    now,
  })
