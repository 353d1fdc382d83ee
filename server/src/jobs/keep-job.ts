import { command } from '../base/command.ts'
import { Problem } from '../base/errors.ts'
import { freshJob, type Job, type JobStatus, type NewJob } from './job.ts'
import type { JobDecision, JobStore } from './job-store.ts'

type JobTx = { jobs: JobStore }

/** Jobs that have ended are kept this long, and so many of each customer and of the workspace's own. */
export const keepEndedMs = 30 * 24 * 60 * 60 * 1000
export const keepEndedJobs = 1000

/** So many of a customer may be unfinished: they take turns with everybody else's. */
export const mostOfCustomer = 20

/** Starts a job: whoever runs jobs finds it within a second, or at once when it is told. */
export const startJob = command<JobTx, { job: NewJob; now: number }, Job>('start-job', async (tx, { job, now }) => {
  const started = freshJob(job, now)
  if (started.customer !== null) await checkRoom(tx, started.workspaceId, started.customer)
  await tx.jobs.insert(started)
  await tx.jobs.keepNewest(started, keepEndedJobs)
  return started
})

async function checkRoom({ jobs }: JobTx, workspaceId: string, customer: string): Promise<void> {
  let unfinished = 0
  for (const status of ['running', 'paused'] as const)
    unfinished += (await jobs.list(workspaceId, { customer, status }, { after: null, limit: mostOfCustomer })).length
  if (unfinished >= mostOfCustomer)
    throw new Problem(
      'CONFLICT',
      `${unfinished} jobs of this customer have not ended, the most there may be: wait for one, or cancel one`,
    )
}

/** Makes a process the owner of a job; null when the job is not to be had. */
export const takeJob = command<JobTx, { id: string; owner: string }, Job | null>(
  'take-job',
  async (tx, { id, owner }) => (await tx.jobs.take(id, owner)) ?? null,
)

export interface Decide {
  workspaceId: string
  id: string
  now: number
}

/** The job, and whether it was this call that decided. */
export interface Decided {
  job: Job
  isNew: boolean
}

/** Stops a running job where it stands. The step that is under way keeps nothing, or was kept before this. */
export const pauseJob = command<JobTx, Decide, Job>('pause-job', (tx, call) =>
  jobOf(decide(tx, call, ['running'], { status: 'paused', error: null, updatedAt: call.now, endedAt: null })),
)

/** Lets a paused or failed job go on from where it stands. */
export const resumeJob = command<JobTx, Decide, Job>('resume-job', async (tx, call) => {
  const known = await tx.jobs.read(call.workspaceId, call.id)
  // A paused one counts already.
  if (known?.status === 'failed' && known.customer !== null) await checkRoom(tx, known.workspaceId, known.customer)
  return jobOf(
    decide(tx, call, ['paused', 'failed'], { status: 'running', error: null, updatedAt: call.now, endedAt: null }),
  )
})

/** Ends a job for good, inside a transaction. What it has done stays done. */
export const cancelJob = (tx: JobTx, call: Decide): Promise<Decided> =>
  decide(tx, call, ['running', 'paused', 'failed'], {
    status: 'cancelled',
    error: null,
    updatedAt: call.now,
    endedAt: call.now,
  })

/** Says what a job could not get past. Null when it has been taken over, paused or cancelled meanwhile. */
export const failJob = command<
  JobTx,
  { job: Pick<Job, 'workspaceId' | 'id' | 'generation'>; error: string; now: number },
  Job | null
>(
  'fail-job',
  async (tx, { job, error, now }) =>
    (await tx.jobs.decide({ ...job, from: ['running'] }, { status: 'failed', error, updatedAt: now, endedAt: now })) ??
    null,
)

/** Removes jobs that ended long ago. */
export const trimJobs = command<JobTx, { now: number }, null>('trim-jobs', async (tx, { now }) => {
  await tx.jobs.removeEnded(now - keepEndedMs)
  return null
})

/** What is so already is answered as it is, so that who asks twice is told the same. */
async function decide(
  { jobs }: JobTx,
  { workspaceId, id }: Decide,
  from: readonly JobStatus[],
  decision: JobDecision,
): Promise<Decided> {
  const decided = await jobs.decide({ workspaceId, id, from }, decision)
  if (decided) return { job: decided, isNew: true }
  const job = await jobs.read(workspaceId, id)
  if (!job) throw noJob(id)
  if (job.status === decision.status) return { job, isNew: false }
  throw new Problem('JOB_ENDED', `job "${id}" is ${job.status}: it cannot be ${doneTo[decision.status]} any more`)
}

const jobOf = async (decided: Promise<Decided>): Promise<Job> => (await decided).job

/** What a decision does to a job, in words. */
const doneTo: Readonly<Record<JobStatus, string>> = {
  ...{ running: 'resumed', paused: 'paused', cancelled: 'cancelled' },
  ...{ done: 'ended', failed: 'failed' },
}

export const noJob = (id: string) => new Problem('NOT_FOUND', `there is no job "${id}"`)
