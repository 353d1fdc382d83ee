import { z } from 'zod'
import { timeOfId } from '../../base/id.ts'
import { given, pageOf, pageQuery, shownTime, timeQuery } from '../list.ts'
import { operation } from '../operation.ts'
import { requestHeadShape, showRequestHead, verdictShape } from './shape.ts'

const oneOrMore = z.union([verdictShape, z.array(verdictShape).min(1).max(verdictShape.options.length)])

export default operation({
  name: 'listRequests',
  method: 'GET',
  path: '/requests',
  scope: 'events.read',
  summary: 'List the requests that came in, newest first, by source, verdict, cause, time, sender and text',
  query: z.strictObject({
    ...pageQuery,
    source: z.string().max(100).optional().meta({ description: 'The id of a source.' }),
    verdict: oneOrMore.optional().meta({ description: 'Also several times: any of them fits.' }),
    cause: z.string().max(50).optional().meta({ description: 'Such as `STALE`.' }),
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
  async run({ cursors, workspaceId, reads }, { query }) {
    const { limit, cursor, ...asked } = query
    const { source: sourceId, verdict, cause, sender: senderAddress, text, from, to } = asked
    const verdicts = verdict === undefined || Array.isArray(verdict) ? verdict : [verdict]
    const scope = { list: 'requests', workspaceId, filter: asked }
    const after = cursor === undefined ? null : cursors.read(scope, cursor)
    const filter = given({ sourceId, verdicts, cause, senderAddress, text, from, to })
    const { rows, next } = await reads.requests.list(workspaceId, filter, { after, limit })
    const lookedTo = next === null ? undefined : timeOfId('request', next)
    return {
      data: rows.map(showRequestHead),
      nextCursor: next === null ? null : cursors.make(scope, next),
      hasMore: next !== null,
      lookedBackTo: lookedTo === undefined ? null : shownTime(lookedTo),
    }
  },
})
