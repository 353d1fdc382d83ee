import { z } from 'zod'
import { customerQuery } from '../customer.ts'
import { given, pageOf, pageQuery, readPage } from '../list.ts'
import { operation } from '../operation.ts'
import { endpointShape, showEndpoint } from './shape.ts'

export default operation({
  name: 'listEndpoints',
  method: 'GET',
  path: '/endpoints',
  scope: 'endpoints.read',
  summary: 'List the endpoints, newest first, by customer',
  bound: 'narrowed',
  query: z.strictObject({ ...pageQuery, customer: customerQuery }),
  output: pageOf(endpointShape),
  run: (context, { query }) =>
    readPage(
      context,
      'endpoints',
      query,
      (page) => context.reads.endpoints.list(context.workspaceId, given({ customer: query.customer }), page),
      (endpoint) => endpoint.id,
      (endpoint) => showEndpoint(endpoint, context),
    ),
})
