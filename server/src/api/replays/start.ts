import { z } from 'zod'
import { jobShape, perSecondShape, showJob } from '../jobs/shape.ts'
import { operation } from '../operation.ts'
import { checkEndpoint, ownChoice, replayFilter } from './shape.ts'
import { startReplay } from './start-replay.ts'

export default operation({
  name: 'startReplay',
  method: 'POST',
  path: '/replays',
  scope: 'deliveries.write',
  summary: 'Send deliveries again as a job, each with the same webhook-id and a new round of retries',
  bound: 'narrowed',
  body: z.strictObject({ filter: replayFilter.prefault({}), perSecond: perSecondShape }),
  status: 202,
  output: jobShape,
  async run(context, { body: { perSecond, ...body } }) {
    const filter = ownChoice(context.actor, body.filter)
    await checkEndpoint(context, filter.endpointId, { mustTake: true })
    return showJob(await startReplay(context, filter, perSecond ?? null))
  },
})
