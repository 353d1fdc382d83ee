import { cancelJob } from '../../jobs/keep-job.ts'
import { operation } from '../operation.ts'
import { jobId, jobShape, showJob } from './shape.ts'

export default operation({
  name: 'cancelJob',
  method: 'POST',
  path: '/jobs/:id/cancel',
  scope: 'jobs.write',
  summary: 'End a job for good; what it has done stays done',
  params: jobId,
  output: jobShape,
  async run({ workspaceId, clock, commit }, { params }) {
    const job = await commit(cancelJob, { workspaceId, id: params.id, now: clock.now() })
    return showJob(job)
  },
})
