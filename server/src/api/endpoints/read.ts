import { z } from 'zod'
import { noEndpoint } from '../../outbound/endpoint/endpoint.ts'
import { deliveryShape, maskDelivery, showDelivery } from '../deliveries/shape.ts'
import { shownTime } from '../list.ts'
import { operation } from '../operation.ts'
import { flowShape, showFlow } from './flow.ts'
import { endpointId, endpointShape, showEndpoint } from './shape.ts'

/** How many deliveries are shown with it. */
const latest = 10

export default operation({
  name: 'readEndpoint',
  method: 'GET',
  path: '/endpoints/:id',
  scope: 'endpoints.read',
  summary: 'Read an endpoint with its latest ten deliveries',
  bound: 'narrowed',
  params: endpointId,
  output: endpointShape.extend({
    lastTriggeredAt: z.string().nullable().meta({ description: 'When the latest delivery to it was made.' }),
    latestDeliveries: z.array(deliveryShape),
    flow: flowShape,
  }),
  async run(context, { params }) {
    const { reads, workspaceId, clock } = context
    const endpoint = await reads.endpoints.read(workspaceId, params.id)
    if (!endpoint) throw noEndpoint(params.id)
    const lane = await reads.lanes.read(workspaceId, params.id)
    const page = { after: null, limit: latest }
    const { rows: deliveries } = await reads.deliveries.list(workspaceId, { endpointId: endpoint.id }, page)
    const [last] = deliveries
    return {
      ...showEndpoint(endpoint, context),
      lastTriggeredAt: last ? shownTime(last.createdAt) : null,
      latestDeliveries: deliveries.map((each) => maskDelivery(showDelivery(each, clock.now()))),
      flow: showFlow(lane?.condition ?? null, endpoint, clock.now()),
    }
  },
})
