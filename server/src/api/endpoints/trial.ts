import { newId } from '../../base/id.ts'
import { sendTrial } from '../../outbound/endpoint/trial.ts'
import { deliveryShape, showDelivery } from '../deliveries/shape.ts'
import type { Context } from '../operation.ts'

/** The delivery that tries an endpoint out, as it was made; `GET /deliveries/{id}` tells what became of it. */
export const trialShape = deliveryShape

/** Sends an event of a trial's type to one endpoint alone. `data` is the text of any JSON. */
export async function tryOut(
  endpointId: string,
  { type, data }: { type: string; data: string },
  { workspaceId, clock, commit, stir }: Context,
) {
  const now = clock.now()
  const event = {
    id: newId('event', now),
    workspaceId,
    customer: null,
    sourceId: null,
    requestId: null,
    type,
    subject: endpointId,
    orderKey: null,
    data,
    receivedAt: now,
    dedupe: null,
  }
  const deliveryId = newId('delivery', now)
  const delivery = await commit(sendTrial, { workspaceId, endpointId, deliveryId, event, now })
  stir.lane(endpointId)
  return showDelivery(delivery, now)
}
