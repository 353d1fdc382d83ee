import { z } from 'zod'
import { choiceOf } from '../../outbound/replay/choice.ts'
import { planReplay } from '../../outbound/replay/plan.ts'
import { shownTime, timeQuery } from '../list.ts'
import { operation } from '../operation.ts'
import { argsOf, checkEndpoint, fannedOut, planShape, showPlan, walkReads } from '../replays/shape.ts'

export default operation({
  name: 'readMissed',
  method: 'GET',
  path: '/endpoints/:id/missed',
  scope: 'deliveries.read',
  summary: 'Say what an endpoint has missed since a time: deliveries that failed, and events that it would get today',
  bound: 'narrowed',
  params: z.object({ id: z.string().max(100) }),
  query: z.strictObject({
    since: timeQuery.optional().meta({ description: 'As far back as deliveries are kept when left out.' }),
  }),
  output: z.object({ since: z.string(), failed: z.number(), ...planShape.shape }).meta({ id: 'Missed' }),
  async run(context, { params, query }) {
    const { workspaceId, clock } = context
    await checkEndpoint(context, params.id, { mustTake: false })
    const reads = walkReads(context)
    const from = Math.max(query.since ?? 0, reads.keptSince())
    const filter = { endpointId: params.id, status: ['failed' as const], include: ['missed' as const], from }
    const choice = choiceOf(argsOf(filter, clock.now()), await fannedOut(context))
    const plan = await planReplay(workspaceId, choice, { clock, reads })
    return { since: shownTime(from), failed: plan.count - plan.missed, ...showPlan(plan, filter) }
  },
})
