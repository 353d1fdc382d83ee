import { z } from 'zod'
import { newId } from '../../base/id.ts'
import { type CleanArgs, cleanKind, planCleaning } from '../../outbound/replay/clean.ts'
import { startRecorded } from '../../outbound/replay/record.ts'
import { jobShape, perSecondShape, showJob } from '../jobs/shape.ts'
import { shownTime, timeQuery } from '../list.ts'
import { operation, Planned } from '../operation.ts'
import { argsOf, checkEndpoint } from '../replays/shape.ts'

export default operation({
  name: 'cleanDeliveries',
  method: 'POST',
  path: '/deliveries/clean',
  scope: 'deliveries.write',
  summary: 'Remove deliveries that have ended, by age and count, as a job; with `dryRun`, only say how many',
  body: z
    .strictObject({
      endpointId: z.string().max(100).optional().meta({ description: 'All endpoints when left out.' }),
      status: z
        .array(z.enum(['success', 'failed']))
        .min(1)
        .max(2)
        .default(['success', 'failed']),
      endedBefore: timeQuery.optional().meta({ description: 'Those that ended before then.' }),
      keep: z
        .number()
        .int()
        .min(0)
        .max(1_000_000)
        .optional()
        .meta({ description: 'Those beyond so many of the newest.' }),
      dryRun: z.boolean().optional(),
      perSecond: perSecondShape,
    })
    .refine(({ endedBefore, keep }) => endedBefore !== undefined || keep !== undefined, {
      message: 'or "keep" must be given: by age, by count, or by both',
      path: ['endedBefore'],
    }),
  status: 202,
  output: jobShape,
  plan: z.object({ count: z.number(), isAtLeast: z.boolean() }).meta({ id: 'CleaningPlan' }),
  async run(context, { body: { endedBefore, keep, dryRun, perSecond, ...filter } }) {
    const { workspaceId, actor, clock, commit, stir, reads } = context
    await checkEndpoint(context, filter.endpointId, { mustTake: false })
    const now = clock.now()
    const args: CleanArgs = {
      ...argsOf(filter, now),
      ...(endedBefore === undefined ? {} : { endedBefore: shownTime(endedBefore) }),
      ...(keep === undefined ? {} : { keep }),
    }
    const { count, looked, isAtLeast } = await planCleaning(workspaceId, args, { clock, deliveries: reads.deliveries })
    if (dryRun) return new Planned({ count, isAtLeast })
    const started = await commit(startRecorded, {
      job: {
        id: newId('job', now),
        workspaceId,
        kind: cleanKind,
        args: { ...args },
        plan: { count: looked, isAtLeast },
        perSecond: perSecond ?? null,
      },
      startedBy: actor.credentialId,
      now,
    })
    stir.jobs()
    stir.events()
    return showJob(started)
  },
})
