import { command } from '../../base/command.ts'
import type { NewEvent } from '../../events/event.ts'
import type { LogStore } from '../../events/log-store.ts'
import { ownEvent } from '../../events/own-event.ts'
import { toldJobKinds } from '../../events/own-event-types.ts'
import type { Job, NewJob } from '../../jobs/job.ts'
import type { JobStore } from '../../jobs/job-store.ts'
import { cancelJob, type Decide, startJob } from '../../jobs/keep-job.ts'

/** Starts a job that changes many deliveries, and tells it: who did what to whose deliveries stays in the log. */
export const startRecorded = command<
  { jobs: JobStore; log: LogStore },
  { job: NewJob; startedBy: string; now: number },
  Job
>('start-recorded-job', async (tx, { job, startedBy, now }) => {
  const [started] = await startJob.runAll(tx, [{ job, now }])
  if (!started) throw new Error(`job "${job.id}" was not started`)
  const { id, kind, args, plan, perSecond } = job
  await tx.log.appendEvents([
    jobNews(job, 'job.started', { id, kind, startedBy, args, count: plan.count, perSecond }, now),
  ])
  return started
})

/** Tells that a job has come to its end, with what it has met. */
export const endedNews = (job: Job, counts: Job['counts'], now: number): NewEvent =>
  newsOfEnd({ ...job, counts }, 'done', now)

/** Ends a job for good, and tells it if its start was told. One that is cancelled already is answered as it is. */
export const cancelTold = command<{ jobs: JobStore; log: LogStore }, Decide, Job>(
  'cancel-told-job',
  async (tx, call) => {
    const { job, isNew } = await cancelJob(tx, call)
    const isTold = (toldJobKinds as readonly string[]).includes(job.kind)
    if (isNew && isTold) await tx.log.appendEvents([newsOfEnd(job, 'cancelled', call.now)])
    return job
  },
)

const newsOfEnd = (
  { id, workspaceId, customer, kind, counts }: Pick<Job, 'id' | 'workspaceId' | 'customer' | 'kind' | 'counts'>,
  status: 'done' | 'cancelled',
  now: number,
): NewEvent => jobNews({ id, workspaceId, customer }, 'job.ended', { id, kind, status, counts }, now)

/** Of a customer's job the customer hears too. */
const jobNews = (
  { id, workspaceId, customer = null }: Pick<NewJob, 'id' | 'workspaceId' | 'customer'>,
  type: string,
  data: Readonly<Record<string, unknown>>,
  now: number,
): NewEvent => ownEvent({ workspaceId, customer, type, subject: id, data, now })
