import { z } from 'zod'
import { Problem } from '../../base/errors.ts'
import type { EventHead } from '../../events/event.ts'
import type { Cursors } from '../cursor.ts'
import { customerQuery } from '../customer.ts'
import { given, typeQuery } from '../list.ts'
import { operation, Streaming } from '../operation.ts'
import { checkReveal, noteReveal, revealQuery } from '../reveal.ts'
import { maskHead, showHead } from './shape.ts'

const mostTypes = 20

export default operation({
  name: 'streamEvents',
  method: 'GET',
  path: '/events/stream',
  scope: 'events.read',
  summary: 'Follow events as they are stored, as Server-Sent Events; resumes after a cursor',
  bound: 'narrowed',
  query: z.strictObject({
    after: z.string().max(1000).optional().meta({
      description:
        'The `id` of the last message read: what came after it is sent first. Left out, the stream begins now. The header `Last-Event-ID` says the same and goes before it.',
    }),
    type: z
      .union([typeQuery, z.array(typeQuery).max(mostTypes)])
      .optional()
      .meta({ description: `An exact event type, or \`prefix.*\`; up to ${mostTypes} times, and any of them fits.` }),
    source: z.string().max(100).optional().meta({ description: 'The id of a source.' }),
    customer: customerQuery,
    ...revealQuery,
  }),
  status: 200,
  contentType: 'text/event-stream',
  async run(context, { query, headers }) {
    const { streams, cursors, workspaceId, actor, recheck } = context
    const { type, source, customer, reveal } = query
    if (reveal) checkReveal(actor)
    const last = headers['last-event-id'] ?? query.after
    const cursor = Array.isArray(last) ? last[0] : last
    const types = type === undefined || Array.isArray(type) ? type : [type]
    const stream = await streams.open({
      workspaceId,
      credentialId: actor.credentialId,
      holder: actor.customer === null ? actor.credentialId : `${workspaceId} ${actor.customer}`,
      wanted: given({ types, sourceId: source, customer }),
      after: cursor === undefined || cursor === '' ? undefined : placeOf(cursors, workspaceId, cursor),
      isRevealed: reveal,
      recheck: reveal ? async () => checkReveal(await recheck()) : recheck,
    })
    if (reveal) noteReveal(context, 'event stream')
    return new Streaming(stream.serve)
  },
})

/** An event as a message shows it. */
export const showStreamed = (event: EventHead, isRevealed: boolean): string =>
  JSON.stringify(isRevealed ? showHead(event) : maskHead(showHead(event)))

/** The cursor of a place in the log. It belongs to the workspace, whatever the filters: a reader may change them and go on. */
export const streamCursor = (cursors: Cursors, workspaceId: string, place: number): string =>
  cursors.make(scopeOf(workspaceId), String(place))

function placeOf(cursors: Cursors, workspaceId: string, cursor: string): number {
  const place = Number(cursors.read(scopeOf(workspaceId), cursor))
  if (!Number.isSafeInteger(place)) throw new Problem('INVALID_CURSOR', 'the cursor is not one of the stream')
  return place
}

const scopeOf = (workspaceId: string) => ({ list: 'event stream', workspaceId, filter: {} })
