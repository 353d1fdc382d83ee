import { z } from 'zod'
import type { ParkedEvent } from '../../events/follow/parked.ts'
import { given } from '../list.ts'
import { type Context, operation } from '../operation.ts'
import { outcomeShape, parkedFilter, showOutcome } from './shape.ts'

/** How many one call runs, and of how many it shows what would change. */
const most = 1000
const mostDry = 100

/** Only these can be run: the others have not failed, or are at their end. */
const state = z.enum(['parked', 'retrying']).default('parked')
const filter = z.strictObject({ ...parkedFilter, state })

export default operation({
  name: 'rerunParkedEvents',
  method: 'POST',
  path: '/parked-events/rerun',
  scope: 'events.write',
  summary: 'Have parked events handled again, in the order of the log, at most 1,000 in one call',
  body: z.strictObject({
    filter: filter.meta({ description: 'Which ones; `{}` means every one that is parked.' }),
    dryRun: z.boolean().default(false).meta({ description: 'Shows what would change for up to 100 of them.' }),
    limit: z.int().min(1).max(most).default(most),
    cursor: z
      .string()
      .max(1000)
      .optional()
      .meta({ description: '`nextCursor` of the call before, with the same filter.' }),
  }),
  output: z
    .object({
      data: z.array(outcomeShape),
      handled: z.number(),
      failed: z.number(),
      nextCursor: z.string().nullable(),
      hasMore: z.boolean(),
    })
    .meta({ id: 'RerunOutcomes' }),
  async run(context, { body }) {
    const { rerun, actor, workspaceId } = context
    const limit = body.dryRun ? Math.min(body.limit, mostDry) : body.limit
    const { rows, hasMore, nextCursor } = await readRows(context, { ...body, limit })
    const outcomes = await rerun(workspaceId, rows, body.dryRun)
    const count = (outcome: string) => outcomes.filter((each) => each.outcome === outcome).length
    const data = outcomes.map((outcome) => showOutcome(outcome, actor))
    return { data, handled: count('handled'), failed: count('failed'), nextCursor, hasMore }
  },
})

/** The next rows that fit, oldest first, and where those after them begin. */
async function readRows(
  { cursors, reads, workspaceId }: Context,
  asked: { filter: z.output<typeof filter>; limit: number; cursor?: string | undefined },
): Promise<{ rows: readonly ParkedEvent[]; hasMore: boolean; nextCursor: string | null }> {
  const { type: eventType, ...rest } = asked.filter
  const scope = { list: 'parked-events to rerun', workspaceId, filter: asked.filter }
  const after = asked.cursor === undefined ? null : cursors.read(scope, asked.cursor)
  const page = { after, limit: asked.limit + 1 }
  const found = await reads.followers.parkedAfter(workspaceId, given({ ...rest, eventType }), page)
  const rows = found.slice(0, asked.limit)
  const hasMore = found.length > asked.limit
  const last = rows.at(-1)
  return { rows, hasMore, nextCursor: hasMore && last ? cursors.make(scope, `${last.seq}.${last.follower}`) : null }
}
