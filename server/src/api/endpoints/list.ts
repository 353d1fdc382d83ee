import { z } from 'zod'
import { pageOf, pageQuery, readPage } from '../list.ts'
import { operation } from '../operation.ts'
import { endpointShape, showEndpoint } from './shape.ts'

export default operation({
  name: 'listEndpoints',
  method: 'GET',
  path: '/endpoints',
  scope: 'endpoints.read',
  summary: 'List the endpoints, newest first',
  query: z.strictObject(pageQuery),
  output: pageOf(endpointShape),
  run: (context, { query }) =>
    readPage(
      context,
      'endpoints',
      query,
      (page) => context.reads.endpoints.list(context.workspaceId, page),
      (endpoint) => endpoint.id,
      (endpoint) => showEndpoint(endpoint, context),
    ),
})
