import { z } from 'zod'
import { customerQuery } from '../customer.ts'
import { given, lookedPageOf, pageQuery, timeQuery, typeQuery } from '../list.ts'
import { operation } from '../operation.ts'
import { readMaskedLookedPage, revealQuery } from '../reveal.ts'
import { eventHeadShape, maskHead, showHead } from './shape.ts'

export default operation({
  name: 'listEvents',
  method: 'GET',
  path: '/events',
  scope: 'events.read',
  summary: 'List events, newest first, by type, source, customer and time of receipt',
  bound: 'narrowed',
  query: z.strictObject({
    ...pageQuery,
    ...revealQuery,
    type: typeQuery.optional(),
    source: z.string().max(100).optional().meta({ description: 'The id of a source.' }),
    customer: customerQuery,
    from: timeQuery.optional(),
    to: timeQuery.optional(),
  }),
  output: lookedPageOf(eventHeadShape),
  run(context, { query }) {
    const { type, source: sourceId, customer, from, to } = query
    const filter = given({ type, sourceId, customer, from, to })
    return readMaskedLookedPage(
      context,
      'events',
      query,
      (page) => context.reads.log.listEvents(context.workspaceId, filter, page),
      { show: showHead, mask: maskHead },
    )
  },
})
