import { Problem } from '../../base/errors.ts'
import { operation } from '../operation.ts'
import { deliveryId, deliveryWithAttemptsShape, showAttempt, showDelivery } from './shape.ts'

export default operation({
  name: 'readDelivery',
  method: 'GET',
  path: '/deliveries/:id',
  scope: 'deliveries.read',
  summary: 'Read a delivery with every attempt that was made',
  bound: 'narrowed',
  params: deliveryId,
  output: deliveryWithAttemptsShape,
  async run({ reads, workspaceId, clock }, { params }) {
    const delivery = await reads.deliveries.read(workspaceId, params.id)
    if (!delivery) throw new Problem('NOT_FOUND', `there is no delivery "${params.id}"`)
    const attempts = await reads.deliveries.attempts(workspaceId, params.id)
    return { ...showDelivery(delivery, clock.now()), history: attempts.map(showAttempt) }
  },
})
