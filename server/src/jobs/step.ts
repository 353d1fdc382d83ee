import type { Commit } from '../base/command.ts'
import { addCounts, type Job, type JobCounts } from './job.ts'
import type { JobStore } from './job-store.ts'

/**
 * A kind of job. A step reads and computes outside of a transaction and ends in one command, made with `keepStep`, that
 * does the rows' work and moves the job: it may be killed anywhere and nothing is lost or done twice.
 */
export interface JobKind {
  kind: string
  /**
   * Does the next rows of a job, from `job.cursor` on. Answers the job as it stands then, or null when it was taken
   * over, paused or cancelled meanwhile. What it throws is tried again, and fails the job after some tries.
   */
  step(job: Job, within: StepNeeds): Promise<Job | null>
}

export interface StepNeeds {
  /** At most this many rows may be looked at. */
  limit: number
  now: number
  commit: Commit
}

/** The arguments of a command that ends a step. */
export interface StepCall<Work> {
  /** The job as the step has found it. */
  job: Pick<Job, 'id' | 'generation' | 'cursor'>
  now: number
  work: Work
}

/** What a step comes to. */
export interface StepOutcome<More> {
  /** Where the job stands now: another place than before, unless it is done. */
  cursor: string | null
  /** What this step has met, not what the job has met in all. */
  counts: JobCounts
  isDone: boolean
  /** What the step has to tell its process after the commit, such as the lanes that have work. */
  more: More
}

/** The job after a step, and what the step had to tell. */
export interface StepKept<More> {
  job: Job
  more: More
}

/**
 * Makes what a command runs out of what a step does to the rows. The job is held until the commit, so that who pauses or
 * cancels it waits for this step and no longer. Null, and nothing is done, when the job is not as the step found it.
 *
 * @example
 * command<Tx, StepCall<Work>, StepKept<null> | null>(name, keepStep(async (tx, work, job) => ({ cursor, counts, isDone, more: null })))
 */
export function keepStep<Tx extends { jobs: JobStore }, Work, More>(
  run: (tx: Tx, work: Work, job: Job) => Promise<StepOutcome<More>>,
): (tx: Tx, call: StepCall<Work>) => Promise<StepKept<More> | null> {
  return async (tx, { job: found, now, work }) => {
    const job = await tx.jobs.hold(found.id, found.generation)
    // A step whose answer was lost is tried again from where it began, but its job has moved on.
    if (!job || job.cursor !== found.cursor) return null
    const { cursor, counts, isDone, more } = await run(tx, work, job)
    if (!isDone && cursor === job.cursor) throw new Error(`job "${job.id}": a step of "${job.kind}" moved nothing`)
    const progress = {
      cursor,
      counts: addCounts(job.counts, counts),
      status: isDone ? ('done' as const) : ('running' as const),
      updatedAt: now,
      endedAt: isDone ? now : null,
    }
    await tx.jobs.move(job.id, progress)
    return { job: { ...job, ...progress }, more }
  }
}
