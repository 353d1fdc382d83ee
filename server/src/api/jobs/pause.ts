import { pauseJob } from '../../jobs/keep-job.ts'
import { operation } from '../operation.ts'
import { jobId, jobShape, showJob } from './shape.ts'

export default operation({
  name: 'pauseJob',
  method: 'POST',
  path: '/jobs/:id/pause',
  scope: 'jobs.write',
  summary: 'Stop a running job where it stands; `resume` lets it go on',
  bound: 'job',
  params: jobId,
  output: jobShape,
  async run({ workspaceId, clock, commit }, { params }) {
    const job = await commit(pauseJob, { workspaceId, id: params.id, now: clock.now() })
    return showJob(job)
  },
})
