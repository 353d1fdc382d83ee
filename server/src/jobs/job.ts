/** What a job can be at: `failed` ones can be resumed, `done` and `cancelled` ones stay what they are. */
export const jobStatuses = ['running', 'paused', 'cancelled', 'done', 'failed'] as const
export type JobStatus = (typeof jobStatuses)[number]

/** How many of each thing a job has met. `looked` counts every row that it has been past. */
export type JobCounts = { looked: number } & Readonly<Record<string, number>>

/** What was known when it began. */
export interface JobPlan {
  /** Rows to look at; null when nobody has counted. */
  count: number | null
  /** There are more than that, and counting them all would have taken too long. */
  isAtLeast: boolean
}

/** A piece of work over many rows, which outlives the process that does it. */
export interface Job {
  id: string
  workspaceId: string
  /** Whose it is: the customer's whose key has started it; null for the workspace's own. */
  customer: string | null
  kind: string
  /** What it was started with, as its kind understands it: plain data. */
  args: Readonly<Record<string, unknown>>
  plan: JobPlan
  status: JobStatus
  /** Where it stands, as its kind understands it; null before its first row. */
  cursor: string | null
  counts: JobCounts
  /** At most this many rows a second; null for as fast as it goes. */
  perSecond: number | null
  /** Rises whenever its owner changes or it is paused, resumed or cancelled: a step that names an old one keeps nothing. */
  generation: number
  /** What it failed of. */
  error: string | null
  createdAt: number
  updatedAt: number
  /** When it was started or last resumed, and how many rows it had looked at then: its speed is measured from there. */
  resumedAt: number
  resumedLooked: number
  endedAt: number | null
}

/** A job about to be started; the workspace's own unless it says whose it is. */
export type NewJob = Pick<Job, 'id' | 'workspaceId' | 'kind' | 'args' | 'plan' | 'perSecond'> &
  Partial<Pick<Job, 'customer'>>

/** A job that begins at its first row. */
export function freshJob(job: NewJob, now: number): Job {
  return {
    customer: null,
    ...job,
    status: 'running',
    cursor: null,
    counts: { looked: 0 },
    generation: 0,
    error: null,
    createdAt: now,
    updatedAt: now,
    resumedAt: now,
    resumedLooked: 0,
    endedAt: null,
  }
}

/** Adds what a step has met to what was met before. */
export function addCounts(counts: JobCounts, more: JobCounts): JobCounts {
  const sum: Record<string, number> = { ...counts }
  for (const [name, count] of Object.entries(more)) sum[name] = (sum[name] ?? 0) + count
  return sum as JobCounts
}
