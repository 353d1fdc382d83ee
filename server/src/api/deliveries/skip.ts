import { skipDelivery } from '../../outbound/order/skip.ts'
import { operation } from '../operation.ts'
import { deliveryId, deliveryShape, showDelivery } from './shape.ts'

export default operation({
  name: 'skipDelivery',
  method: 'POST',
  path: '/deliveries/:id/skip',
  scope: 'deliveries.write',
  summary: 'Pass over a delivery of an ordered endpoint, so that what waits behind it goes on',
  bound: 'delivery',
  params: deliveryId,
  output: deliveryShape,
  async run({ workspaceId, clock, commit, stir }, { params }) {
    const now = clock.now()
    const delivery = await commit(skipDelivery, { workspaceId, id: params.id, now })
    // What was claimed and not begun is looked at again: this one must not be sent any more.
    stir.endpoint(delivery.endpointId)
    stir.events()
    return showDelivery(delivery, now)
  },
})
