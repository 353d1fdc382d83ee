import { noJob } from '../../jobs/keep-job.ts'
import { operation } from '../operation.ts'
import { jobId, jobShape, showJob } from './shape.ts'

export default operation({
  name: 'readJob',
  method: 'GET',
  path: '/jobs/:id',
  scope: 'jobs.read',
  summary: 'Read a job: how far it has come, what it has met, and when it will be done',
  bound: 'narrowed',
  params: jobId,
  output: jobShape,
  async run({ reads, workspaceId }, { params }) {
    const job = await reads.jobs.read(workspaceId, params.id)
    if (!job) throw noJob(params.id)
    return showJob(job)
  },
})
