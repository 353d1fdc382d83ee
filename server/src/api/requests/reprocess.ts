import { z } from 'zod'
import { Problem } from '../../base/errors.ts'
import { newId } from '../../base/id.ts'
import { filterOf, type ReprocessArgs, reprocessKind } from '../../inbound/reprocess.ts'
import { countStored, type ReprocessPlan } from '../../inbound/reprocess-plan.ts'
import { startJob } from '../../jobs/keep-job.ts'
import { jobShape, perSecondShape, showJob } from '../jobs/shape.ts'
import { given, shownTime, timeQuery } from '../list.ts'
import { operation, Planned } from '../operation.ts'
import { causeShape } from './diagnosis.ts'

const filterShape = z.strictObject({
  sourceId: z.string().max(100).optional(),
  verdict: z.enum(['verified', 'unsigned', 'duplicate']).optional(),
  cause: causeShape.optional().meta({ example: 'UNPARSABLE' }),
  from: timeQuery.optional(),
  to: timeQuery.optional(),
  requestIds: z.array(z.string().max(100)).min(1).max(1000).optional(),
})

const eventShape = z.object({ type: z.string(), subject: z.string().nullable(), customer: z.string().nullable() })

const planShape = z
  .object({
    count: z.number().meta({ description: 'Requests that the filter means.' }),
    isAtLeast: z.boolean().meta({ description: 'There are more: counting all would have taken too long.' }),
    sample: z.object({
      looked: z.number().meta({ description: 'The oldest of them, so many, were read again for this.' }),
      differing: z.number().meta({ description: 'So many of these would change.' }),
      unparsable: z.number().meta({ description: 'So many of these today’s parser cannot read.' }),
      quarantined: z.number(),
      withoutBody: z.number(),
      withoutSource: z.number(),
      requests: z.array(
        z.object({
          id: z.string(),
          sourceId: z.string(),
          receivedAt: z.string(),
          cause: z.string().nullable(),
          added: z.array(eventShape).meta({ description: 'Events that it does not have, and would get.' }),
          outdated: z
            .array(eventShape)
            .meta({ description: 'Events that it has, and that today’s parser does not make. They stay.' }),
          repeated: z.number().meta({ description: 'Events that another request has made already.' }),
          isMended: z.boolean().meta({ description: 'It could not be read before, and can be now.' }),
          isUnreadable: z.boolean().meta({ description: 'It cannot be read now; what it has stays.' }),
          isHeld: z.boolean().meta({ description: 'Its source is paused: the events would wait until it is resumed.' }),
        }),
      ),
    }),
  })
  .meta({ id: 'ReprocessPlan' })

export default operation({
  name: 'reprocessRequests',
  method: 'POST',
  path: '/requests/reprocess',
  scope: 'events.write',
  summary: 'Run stored requests through today’s parser again; with `dryRun`, only say what that would do',
  body: z.strictObject({
    filter: filterShape.default({}).meta({ description: 'All of them when it says nothing.' }),
    dryRun: z.boolean().optional(),
    perSecond: perSecondShape,
  }),
  status: 202,
  output: jobShape,
  plan: planShape,
  async run({ workspaceId, reads, clock, commit, stir, planReprocess }, { body }) {
    const { filter, dryRun, perSecond } = body
    if (filter.sourceId !== undefined && !(await reads.sources.read(workspaceId, filter.sourceId)))
      throw new Problem('NOT_FOUND', `there is no source "${filter.sourceId}"`)
    const now = clock.now()
    const args = argsOf(filter, now)
    if (dryRun) return new Planned(showPlan(await planReprocess(workspaceId, filterOf(args))))
    const plan = await countStored(workspaceId, filterOf(args), { log: reads.log, clock })
    const id = newId('job', now)
    const job = { id, workspaceId, kind: reprocessKind, args: { ...args }, plan, perSecond: perSecond ?? null }
    const started = await commit(startJob, { job, now })
    stir.jobs()
    return showJob(started)
  },
})

function argsOf({ from, to, ...rest }: z.output<typeof filterShape>, now: number): ReprocessArgs {
  const time = (ms: number | undefined) => (ms === undefined ? undefined : shownTime(ms))
  return { ...given({ ...rest, from: time(from), to: time(to) }), before: shownTime(now + 1) }
}

function showPlan({ count, isAtLeast, sample }: ReprocessPlan): z.input<typeof planShape> {
  const { looked, differing, unparsable, counts, requests } = sample
  const { quarantined = 0, withoutBody = 0, withoutSource = 0 } = counts
  return {
    count: count ?? 0,
    isAtLeast,
    sample: {
      ...{ looked, differing, unparsable, quarantined, withoutBody, withoutSource },
      requests: requests.map((each) => ({
        id: each.requestId,
        sourceId: each.sourceId,
        receivedAt: shownTime(each.receivedAt),
        cause: each.cause,
        added: [...each.added],
        outdated: [...each.outdated],
        repeated: each.repeated,
        isMended: each.isMended,
        isUnreadable: each.isUnreadable,
        isHeld: each.isHeld,
      })),
    },
  }
}
