import { z } from 'zod'
import { newId } from '../../base/id.ts'
import { cancelKind } from '../../outbound/replay/cancel.ts'
import { choiceOf } from '../../outbound/replay/choice.ts'
import { planReplay } from '../../outbound/replay/plan.ts'
import { startRecorded } from '../../outbound/replay/record.ts'
import { jobShape, perSecondShape, showJob } from '../jobs/shape.ts'
import { operation, Planned } from '../operation.ts'
import { argsOf, checkEndpoint, choice, ownChoice, planShape, showPlan, walkReads } from '../replays/shape.ts'

export default operation({
  name: 'cancelDeliveries',
  method: 'POST',
  path: '/deliveries/cancel',
  scope: 'deliveries.write',
  summary: 'End unfinished deliveries as a job, with the cause CANCELLED; with `dryRun`, only say how many',
  bound: 'narrowed',
  body: z.strictObject({
    filter: z.strictObject({
      ...choice,
      status: z
        .array(z.enum(['pending', 'waiting']))
        .min(1)
        .max(2)
        .default(['pending', 'waiting']),
    }),
    dryRun: z.boolean().optional(),
    perSecond: perSecondShape,
  }),
  status: 202,
  output: jobShape,
  plan: planShape,
  async run(context, { body: { dryRun, perSecond, ...body } }) {
    const { workspaceId, actor, clock, commit, stir } = context
    const filter = ownChoice(actor, body.filter)
    await checkEndpoint(context, filter.endpointId, { mustTake: false })
    const now = clock.now()
    const args = argsOf(filter, now)
    const plan = await planReplay(workspaceId, choiceOf(args), { clock, reads: walkReads(context) })
    if (dryRun) return new Planned(showPlan(plan, filter))
    const started = await commit(startRecorded, {
      job: {
        id: newId('job', now),
        workspaceId,
        customer: actor.customer,
        kind: cancelKind,
        args: { ...args },
        plan: { count: plan.count, isAtLeast: plan.isAtLeast },
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
