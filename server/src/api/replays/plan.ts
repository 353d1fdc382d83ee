import { z } from 'zod'
import { choiceOf } from '../../outbound/replay/choice.ts'
import { planReplay } from '../../outbound/replay/plan.ts'
import { operation } from '../operation.ts'
import { argsOf, checkEndpoint, fannedOut, ownChoice, planShape, replayFilter, showPlan, walkReads } from './shape.ts'

export default operation({
  name: 'planReplay',
  method: 'POST',
  path: '/replays/plan',
  scope: 'deliveries.write',
  summary: 'Say how many deliveries a replay would send again, and show the first ten; changes nothing',
  bound: 'narrowed',
  body: z.strictObject({ filter: replayFilter.prefault({}) }),
  status: 200,
  output: planShape,
  async run(context, { body }) {
    const { workspaceId, actor, clock } = context
    const filter = ownChoice(actor, body.filter)
    await checkEndpoint(context, filter.endpointId, { mustTake: false })
    const choice = choiceOf(argsOf(filter, clock.now()), await fannedOut(context))
    return showPlan(await planReplay(workspaceId, choice, { clock, reads: walkReads(context) }), filter)
  },
})
