import { retryDelivery } from '../../outbound/delivery/retry.ts'
import { operation } from '../operation.ts'
import { deliveryId, deliveryShape, showDelivery } from './shape.ts'

export default operation({
  name: 'retryDelivery',
  method: 'POST',
  path: '/deliveries/:id/retry',
  scope: 'deliveries.write',
  summary: 'Attempt a delivery again at once, with the same webhook-id and a new round of retries',
  bound: 'delivery',
  params: deliveryId,
  status: 202,
  output: deliveryShape,
  async run({ workspaceId, clock, commit, stir }, { params }) {
    const now = clock.now()
    const { delivery, isToReview } = await commit(retryDelivery, { workspaceId, id: params.id, now })
    if (isToReview) stir.endpoint(delivery.endpointId)
    else stir.lane(delivery.endpointId)
    return showDelivery(delivery, now)
  },
})
