import { z } from 'zod'
import { accounts } from '../../accounts/follow-accounts.ts'
import { Problem } from '../../base/errors.ts'
import { newId } from '../../base/id.ts'
import { rehandleKind } from '../../events/follow/rehandle.ts'
import type { JobPlan } from '../../jobs/job.ts'
import { startJob } from '../../jobs/keep-job.ts'
import { fanOut } from '../../outbound/fan-out/fan-out.ts'
import { jobShape, perSecondShape, showJob } from '../jobs/shape.ts'
import { given, shownTime, timeQuery, typeQuery } from '../list.ts'
import { type Context, operation, Planned } from '../operation.ts'

const filterShape = z.strictObject({
  type: typeQuery.optional(),
  sourceId: z.string().max(100).optional(),
  customer: z.string().max(200).optional(),
  from: timeQuery.optional(),
  to: timeQuery.optional(),
})

/** How long counting may take: there may be millions. */
const countMs = 1000
const countedAtOnce = 10_000

export default operation({
  name: 'rehandleEvents',
  method: 'POST',
  path: '/events/rehandle',
  scope: 'events.write',
  summary: 'Run stored events through a follower again; with `dryRun`, only say how many',
  body: z.strictObject({
    follower: z
      .enum([fanOut.name, accounts.name])
      .meta({ description: 'Who handles them again: what makes deliveries, or what keeps accounts.' }),
    filter: filterShape.default({}).meta({ description: 'All of them when it says nothing.' }),
    dryRun: z.boolean().optional(),
    perSecond: perSecondShape,
  }),
  status: 202,
  output: jobShape,
  plan: z.object({ count: z.number(), isAtLeast: z.boolean() }).meta({ id: 'RehandlePlan' }),
  async run(context, { body }) {
    const { workspaceId, reads, clock, commit, stir } = context
    const { follower, filter, dryRun, perSecond } = body
    if (filter.sourceId !== undefined && !(await reads.sources.read(workspaceId, filter.sourceId)))
      throw new Problem('NOT_FOUND', `there is no source "${filter.sourceId}"`)
    const upTo = await reads.log.lastPlace()
    const { count, isAtLeast } = await counted(context, filter, upTo)
    if (dryRun) return new Planned({ count: count ?? 0, isAtLeast })
    const now = clock.now()
    const time = (ms: number | undefined) => (ms === undefined ? undefined : shownTime(ms))
    const args = { follower, ...given({ ...filter, from: time(filter.from), to: time(filter.to) }), upTo }
    const id = newId('job', now)
    const plan = { count, isAtLeast }
    const job = { id, workspaceId, kind: rehandleKind, args, plan, perSecond: perSecond ?? null }
    const started = await commit(startJob, { job, now })
    stir.jobs()
    return showJob(started)
  },
})

async function counted(
  { workspaceId, reads, clock }: Context,
  filter: z.output<typeof filterShape>,
  upTo: number,
): Promise<JobPlan> {
  const begin = clock.elapsed()
  const span = { ...given(filter), upTo }
  let count = 0
  let after = 0
  while (clock.elapsed() - begin < countMs) {
    const { seqs, last, isEnd } = await reads.log.scanEvents(workspaceId, span, after, countedAtOnce)
    count += seqs.length
    if (isEnd) return { count, isAtLeast: false }
    after = last
  }
  return { count, isAtLeast: true }
}
