import { resumeJob } from '../../jobs/keep-job.ts'
import { operation } from '../operation.ts'
import { jobId, jobShape, showJob } from './shape.ts'

export default operation({
  name: 'resumeJob',
  method: 'POST',
  path: '/jobs/:id/resume',
  scope: 'jobs.write',
  summary: 'Let a paused or failed job go on from where it stands',
  bound: 'job',
  params: jobId,
  output: jobShape,
  async run({ workspaceId, clock, commit, stir }, { params }) {
    const job = await commit(resumeJob, { workspaceId, id: params.id, now: clock.now() })
    stir.jobs()
    return showJob(job)
  },
})
