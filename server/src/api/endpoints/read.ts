import { noEndpoint } from '../../outbound/endpoint.ts'
import { operation } from '../operation.ts'
import { endpointId, endpointShape, showEndpoint } from './shape.ts'

export default operation({
  name: 'readEndpoint',
  method: 'GET',
  path: '/endpoints/:id',
  scope: 'endpoints.read',
  summary: 'Read an endpoint',
  bound: 'narrowed',
  params: endpointId,
  output: endpointShape,
  async run(context, { params }) {
    const { reads, workspaceId } = context
    const endpoint = await reads.endpoints.read(workspaceId, params.id)
    if (!endpoint) throw noEndpoint(params.id)
    return showEndpoint(endpoint, context)
  },
})
