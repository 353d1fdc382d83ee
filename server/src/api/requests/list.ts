import { z } from 'zod'
import { timeOfId } from '../../base/id.ts'
import { customerQuery } from '../customer.ts'
import { given, pageOf, pageQuery, shownTime, timeQuery } from '../list.ts'
import { operation } from '../operation.ts'
import { checkReveal, noteReveal, revealQuery } from '../reveal.ts'
import { causeShape } from './diagnosis.ts'
import { maskRequestHead, requestHeadShape, showRequestHead, verdictShape } from './shape.ts'

const oneOrMore = z.union([verdictShape, z.array(verdictShape).min(1).max(verdictShape.options.length)])

export default operation({
  name: 'listRequests',
  method: 'GET',
  path: '/requests',
  scope: 'events.read',
  summary: 'List the requests that came in, newest first, by source, customer, verdict, cause, time, sender and text',
  query: z.strictObject({
    ...pageQuery,
    ...revealQuery,
    source: z.string().max(100).optional().meta({ description: 'The id of a source.' }),
    customer: customerQuery,
    verdict: oneOrMore.optional().meta({ description: 'Also several times: any of them fits.' }),
    cause: causeShape.optional(),
    sender: z.string().max(100).optional().meta({ description: 'The address of a sender, to the letter.' }),
    text: z.string().min(1).max(200).optional().meta({
      description: 'Is somewhere in the URL, the headers or the body, to the letter.',
    }),
    from: timeQuery.optional(),
    to: timeQuery.optional(),
  }),
  output: pageOf(requestHeadShape).extend({
    lookedBackTo: z.string().nullable().meta({
      description:
        'How far this page looked: a search looks through so much at a time, so that a page may be short, or empty, and not the last. Null on the last one.',
    }),
  }),
  async run(context, { query }) {
    const { cursors, workspaceId, reads } = context
    const { limit, cursor, reveal, ...asked } = query
    if (reveal) checkReveal(context.actor)
    const { source: sourceId, customer, verdict, cause, sender: senderAddress, text, from, to } = asked
    const verdicts = verdict === undefined || Array.isArray(verdict) ? verdict : [verdict]
    const scope = { list: 'requests', workspaceId, filter: asked }
    const after = cursor === undefined ? null : cursors.read(scope, cursor)
    const filter = given({ sourceId, customer, verdicts, cause, senderAddress, text, from, to })
    const { rows, next } = await reads.requests.list(workspaceId, filter, { after, limit })
    if (reveal) noteReveal(context, 'requests', rows.length)
    const lookedTo = next === null ? undefined : timeOfId('request', next)
    const shown = rows.map(showRequestHead)
    return {
      data: reveal ? shown : shown.map(maskRequestHead),
      nextCursor: next === null ? null : cursors.make(scope, next),
      hasMore: next !== null,
      lookedBackTo: lookedTo === undefined ? null : shownTime(lookedTo),
    }
  },
})
