import { z } from 'zod'
import { jobShape, perSecondShape, showJob } from '../jobs/shape.ts'
import { operation } from '../operation.ts'
import { checkEndpoint } from '../replays/shape.ts'
import { startReplay } from '../replays/start-replay.ts'

export default operation({
  name: 'retryFailedDeliveries',
  method: 'POST',
  path: '/deliveries/retry-failed',
  scope: 'deliveries.write',
  summary: 'Send every failed delivery of an endpoint, or of the workspace, again as a job',
  body: z.strictObject({
    endpointId: z.string().max(100).optional().meta({ description: 'All endpoints when left out.' }),
    perSecond: perSecondShape,
  }),
  status: 202,
  output: jobShape,
  async run(context, { body: { endpointId, perSecond } }) {
    await checkEndpoint(context, endpointId, { mustTake: true })
    return showJob(await startReplay(context, { endpointId, status: ['failed'] }, perSecond ?? null))
  },
})
