import { z } from 'zod'
import { operation } from '../operation.ts'
import { keyOf, noParked, outcomeShape, parkedParams, showOutcome } from './shape.ts'

export default operation({
  name: 'rerunParkedEvent',
  method: 'POST',
  path: '/parked-events/:id/rerun',
  scope: 'events.write',
  summary: 'Have an event handled again at once, after what it failed at was mended; twice is once',
  params: parkedParams,
  body: z.strictObject({
    dryRun: z.boolean().default(false).meta({ description: 'Shows what would change, and changes nothing.' }),
  }),
  output: outcomeShape,
  async run({ rerun, actor, workspaceId }, { params, body }) {
    const [outcome] = await rerun(workspaceId, [keyOf(params.id)], body.dryRun)
    if (!outcome || outcome.outcome === 'missing') throw noParked(params.id)
    return showOutcome(outcome, actor)
  },
})
