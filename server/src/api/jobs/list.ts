import { z } from 'zod'
import { customerQuery } from '../customer.ts'
import { given, pageOf, pageQuery, readPage } from '../list.ts'
import { operation } from '../operation.ts'
import { jobShape, jobStatusShape, showJob } from './shape.ts'

export default operation({
  name: 'listJobs',
  method: 'GET',
  path: '/jobs',
  scope: 'jobs.read',
  summary: 'List jobs, newest first, by customer, kind and status',
  bound: 'narrowed',
  query: z.strictObject({
    ...pageQuery,
    customer: customerQuery,
    kind: z.string().max(100).optional().meta({ description: 'What the jobs do, such as `reprocess`.' }),
    status: jobStatusShape.optional(),
  }),
  output: pageOf(jobShape),
  run(context, { query }) {
    const { customer, kind, status } = query
    return readPage(
      context,
      'jobs',
      query,
      (page) => context.reads.jobs.list(context.workspaceId, given({ customer, kind, status }), page),
      (each) => each.id,
      showJob,
    )
  },
})
