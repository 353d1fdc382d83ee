import { z } from 'zod'
import { jobShape, perSecondShape, showJob } from '../jobs/shape.ts'
import { operation } from '../operation.ts'
import { checkEndpoint, ownChoice } from '../replays/shape.ts'
import { startReplay } from '../replays/start-replay.ts'

export default operation({
  name: 'retryFailedDeliveries',
  method: 'POST',
  path: '/deliveries/retry-failed',
  scope: 'deliveries.write',
  summary: 'Send every failed delivery of an endpoint, or of the workspace, again as a job',
  bound: 'narrowed',
  body: z.strictObject({
    endpointId: z.string().max(100).optional().meta({ description: 'All endpoints when left out.' }),
    perSecond: perSecondShape,
  }),
  status: 202,
  output: jobShape,
  async run(context, { body: { endpointId, perSecond } }) {
    const filter = ownChoice(context.actor, { endpointId, status: ['failed' as const] })
    await checkEndpoint(context, endpointId, { mustTake: true })
    return showJob(await startReplay(context, filter, perSecond ?? null))
  },
})
