import { z } from 'zod'
import { timeOfId } from '../../base/id.ts'
import { customerQuery } from '../customer.ts'
import { given, lookedPageOf, pageQuery, timeQuery } from '../list.ts'
import { operation } from '../operation.ts'
import { readMaskedLookedPage, revealQuery } from '../reveal.ts'
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
  output: lookedPageOf(requestHeadShape),
  run(context, { query }) {
    const { source: sourceId, customer, verdict, cause, sender: senderAddress, text, from, to } = query
    const verdicts = verdict === undefined || Array.isArray(verdict) ? verdict : [verdict]
    const filter = given({ sourceId, customer, verdicts, cause, senderAddress, text, from, to })
    return readMaskedLookedPage(
      context,
      'requests',
      query,
      async (page) => {
        const { rows, next } = await context.reads.requests.list(context.workspaceId, filter, page)
        return { rows, next: next === null ? null : { after: next, at: timeOfId('request', next) ?? 0 } }
      },
      { show: showRequestHead, mask: maskRequestHead },
    )
  },
})
