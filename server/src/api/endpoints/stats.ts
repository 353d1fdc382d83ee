import { z } from 'zod'
import { noEndpoint } from '../../outbound/endpoint/endpoint.ts'
import { operation } from '../operation.ts'
import { readStatsOf, statsQuery, statsShape } from '../stats/shape.ts'
import { endpointId } from './shape.ts'

export default operation({
  name: 'readEndpointStats',
  method: 'GET',
  path: '/endpoints/:id/stats',
  scope: 'deliveries.read',
  summary: 'Count an endpoint’s deliveries by how they stand, with how long attempts take, by hour or day',
  bound: 'narrowed',
  params: endpointId,
  query: z.strictObject(statsQuery),
  output: statsShape,
  async run(context, { params: { id }, query }) {
    if (!(await context.reads.endpoints.read(context.workspaceId, id))) throw noEndpoint(id)
    return readStatsOf(context, { endpointId: id }, query)
  },
})
