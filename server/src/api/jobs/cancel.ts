import { cancelTold } from '../../outbound/replay/record.ts'
import { operation } from '../operation.ts'
import { jobId, jobShape, showJob } from './shape.ts'

export default operation({
  name: 'cancelJob',
  method: 'POST',
  path: '/jobs/:id/cancel',
  scope: 'jobs.write',
  summary: 'End a job for good; what it has done stays done',
  bound: 'job',
  params: jobId,
  output: jobShape,
  async run({ workspaceId, clock, commit, stir }, { params }) {
    const job = await commit(cancelTold, { workspaceId, id: params.id, now: clock.now() })
    stir.events()
    return showJob(job)
  },
})
