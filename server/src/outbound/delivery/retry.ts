import { command } from '../../base/command.ts'
import { Problem } from '../../base/errors.ts'
import { withProbeNow } from '../condition/saved.ts'
import type { EndpointStore } from '../endpoint/endpoint-store.ts'
import type { LaneStore } from '../lane/lane-store.ts'
import type { Delivery } from './delivery.ts'
import type { DeliveryStore } from './delivery-store.ts'

type RetryTx = { deliveries: DeliveryStore; endpoints: EndpointStore; lanes: LaneStore }

/**
 * Makes a delivery due at once, with its event's id as before and a new round of tries: one that failed for good, one
 * that waits for its next attempt, and also one that succeeded (the receiver may have lost it). Where the endpoint is called by
 * single probes only, the next one may start at once. `isToReview`: whoever holds the lane may have it in hand as it was before, or
 * waits for the time of the probe.
 */
export const retryDelivery = command<
  RetryTx,
  { workspaceId: string; id: string; now: number },
  { delivery: Delivery; isToReview: boolean }
>('retry-delivery', async (tx, { workspaceId, id, now }) => {
  const known = await tx.deliveries.read(workspaceId, id)
  if (!known) throw new Problem('NOT_FOUND', `there is no delivery "${id}"`)
  const endpoint = await tx.endpoints.read(workspaceId, known.endpointId)
  if (!endpoint)
    throw new Problem(
      'CONFLICT',
      `delivery "${id}" cannot be retried: its endpoint ${known.endpointId} has been deleted`,
    )
  if (endpoint.status === 'disabled') {
    throw new Problem(
      'CONFLICT',
      `delivery "${id}" cannot be retried: its endpoint ${endpoint.id} is disabled (${endpoint.statusReason ?? 'no reason given'}); set its status to "active" first`,
    )
  }
  if (known.cause === 'ERASED') {
    throw new Problem('CONFLICT', `delivery "${id}" cannot be retried: what its event said was erased`)
  }
  // In the order in which outcomes are recorded: the keys, the lane, the deliveries.
  if (known.orderKey !== null) await tx.deliveries.hold([endpoint.id])
  const condition = withProbeNow(await tx.lanes.holdCondition(endpoint.id), now)
  if (condition !== undefined) await tx.lanes.keepCondition(endpoint.id, condition)
  const delivery = await tx.deliveries.restart(workspaceId, id, now)
  if (!delivery) throw new Problem('NOT_FOUND', `there is no delivery "${id}"`)
  await tx.lanes.due([delivery.endpointId], now)
  return { delivery, isToReview: condition !== undefined || known.status === 'pending' }
})
