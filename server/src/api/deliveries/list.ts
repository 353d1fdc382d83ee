import { z } from 'zod'
import { filterOf } from '../../outbound/delivery/delivery-state.ts'
import { customerQuery } from '../customer.ts'
import { given, lookedPageOf, pageQuery, timeQuery, typeQuery } from '../list.ts'
import { operation } from '../operation.ts'
import { readMaskedLookedPage, revealQuery } from '../reveal.ts'
import { causeShape, deliveryShape, maskDelivery, showDelivery, statusShape } from './shape.ts'

export default operation({
  name: 'listDeliveries',
  method: 'GET',
  path: '/deliveries',
  scope: 'deliveries.read',
  summary: 'List deliveries, newest first, by endpoint, event, customer, type, status, cause and time',
  bound: 'narrowed',
  query: z.strictObject({
    ...pageQuery,
    ...revealQuery,
    endpoint: z.string().max(100).optional().meta({ description: 'The id of an endpoint.' }),
    event: z.string().max(100).optional().meta({ description: 'The id of an event.' }),
    customer: customerQuery,
    type: typeQuery.optional(),
    status: z
      .enum([...statusShape.options, 'unfinished'])
      .optional()
      .meta({ description: 'One state, or `unfinished` for all that have not ended.' }),
    cause: causeShape.optional(),
    from: timeQuery.optional(),
    to: timeQuery.optional(),
  }),
  output: lookedPageOf(deliveryShape),
  run(context, { query }) {
    const { endpoint: endpointId, event: eventId, customer, type: eventType, status, cause, from, to } = query
    const now = context.clock.now()
    const filter = { ...given({ endpointId, eventId, customer, eventType, cause, from, to }), ...filterOf(status, now) }
    return readMaskedLookedPage(
      context,
      'deliveries',
      query,
      (page) => context.reads.deliveries.list(context.workspaceId, filter, page),
      { show: (each) => showDelivery(each, now), mask: maskDelivery },
    )
  },
})
