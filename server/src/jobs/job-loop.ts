import type { Clock } from '../base/clock.ts'
import type { Commit } from '../base/command.ts'
import { StoreUnavailable } from '../base/errors.ts'
import type { Log } from '../base/log.ts'
import type { Meter } from '../base/meter.ts'
import type { JobReads } from './job-store.ts'
import { failJob, takeJob, trimJobs } from './keep-job.ts'
import { paceOf } from './pace.ts'
import { createRound, type Turn } from './round.ts'
import type { JobKind } from './step.ts'

export interface JobLoopNeeds {
  kinds: readonly JobKind[]
  jobs: Pick<JobReads, 'workable'>
  commit: Commit
  owner: string
  clock: Clock
  journal: Log
  meter: Meter
}

export interface JobLoop {
  /** A job may have been started or resumed here. */
  wake(): void
  /** Ends after the steps that are under way; the jobs are free once this process has taken its leave. */
  stop(): Promise<void>
}

/** Rows of one step, when its job has no rate of its own. */
const stepRows = 200
/** Steps of different jobs that are under way at once, so that one that is slow does not hold up the others. */
const stepsAtOnce = 4
/** How often jobs are looked for that were started, resumed or left elsewhere. */
const lookEveryMs = 500
/** Running jobs that are kept in mind; when there are more, those that were left alone for longest come first. */
const mostJobs = 1000
const trimEveryMs = 60 * 60 * 1000
const afterOutageMs = 500
/** Before a step is tried again that failed; after the last of these the job fails. */
const retryMs = [1000, 2000, 4000, 8000, 16_000]

/**
 * Runs the jobs of all workspaces, a step of each in turn. Whose a job is, and where it stands, is in the database alone:
 * what is known here is forgotten after every fault and taken anew.
 */
export function startJobLoop(needs: JobLoopNeeds): JobLoop {
  const { jobs, commit, owner, clock, journal } = needs
  const kinds = new Map(needs.kinds.map((each) => [each.kind, each]))
  const round = createRound()
  const underWay = new Set<Promise<void>>()
  let isStopping = false
  let isWoken = false
  let rouse: (() => void) | undefined
  let lookAt = clock.elapsed()
  let trimAt = clock.elapsed()

  function pause(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, ms)
      rouse = () => {
        clearTimeout(timer)
        resolve()
      }
    })
  }

  /** Until somebody is due, or it is time to look. While all hands are full, the end of a step wakes the loop. */
  function restMs(): number {
    const until = underWay.size < stepsAtOnce ? Math.min(lookAt, round.dueAt()) : lookAt
    return Math.max(0, until - clock.elapsed())
  }

  /** Who has a turn from now on: what this process owns or could take. */
  async function look(): Promise<void> {
    try {
      round.seat(await jobs.workable(owner, [...kinds.keys()], mostJobs))
      if (clock.elapsed() >= trimAt) {
        await commit(trimJobs, { now: clock.now() })
        trimAt = clock.elapsed() + trimEveryMs
      }
    } catch (error) {
      if (!(error instanceof StoreUnavailable)) journal.error('jobs.failed', { error: error as Error })
    }
  }

  function begin(turn: Turn): void {
    turn.isBusy = true
    const step = take(turn, needs, kinds).then((goesOn) => {
      turn.isBusy = false
      if (!goesOn) round.leave(turn.id)
      underWay.delete(step)
      rouse?.()
    })
    underWay.add(step)
  }

  async function run(): Promise<void> {
    while (!isStopping) {
      if (isWoken || clock.elapsed() >= lookAt) {
        isWoken = false
        lookAt = clock.elapsed() + lookEveryMs
        await look()
      }
      const next = underWay.size < stepsAtOnce ? round.next(clock.elapsed()) : undefined
      if (next && !isStopping) begin(next)
      else if (!isStopping && !isWoken) await pause(restMs())
      rouse = undefined
    }
    await Promise.all(underWay)
  }

  const running = run()
  return {
    wake() {
      isWoken = true
      rouse?.()
    },
    async stop() {
      isStopping = true
      rouse?.()
      await running
    },
  }
}

/** Does one step of a job. Answers whether the job is still this process's and running. */
async function take(turn: Turn, needs: JobLoopNeeds, kinds: ReadonlyMap<string, JobKind>): Promise<boolean> {
  const { commit, owner, clock, meter, journal } = needs
  try {
    turn.job ??= (await commit(takeJob, { id: turn.id, owner })) ?? undefined
    const { job } = turn
    const kind = kinds.get(turn.kind)
    if (!job || !kind) return false
    const { limit, pay } = paceOf(job.perSecond, stepRows)
    const after = await kind.step(job, { limit, now: clock.now(), commit })
    if (!after) return false
    const looked = after.counts.looked - job.counts.looked
    meter.add('trunkline_job_rows_total', looked, { kind: job.kind })
    pay(turn, looked, clock.elapsed())
    turn.job = after
    turn.faults = 0
    if (after.status === 'running') return true
    meter.add('trunkline_jobs_total', 1, { kind: job.kind, status: after.status })
    journal.info('job.ended', { job: job.id, kind: job.kind, status: after.status, looked: after.counts.looked })
    return false
  } catch (error) {
    return bear(turn, error as Error, needs)
  }
}

/** After a step that failed: whether it is tried again. A database that is gone is no fault of the job's. */
async function bear(turn: Turn, error: Error, { commit, clock, meter, journal }: JobLoopNeeds): Promise<boolean> {
  const { job } = turn
  turn.job = undefined
  if (error instanceof StoreUnavailable || !job) {
    turn.dueAt = clock.elapsed() + afterOutageMs
    return true
  }
  const waitMs = retryMs[turn.faults]
  turn.faults++
  journal.error('job.step_failed', { job: job.id, kind: job.kind, tries: turn.faults, error })
  turn.dueAt = clock.elapsed() + (waitMs ?? afterOutageMs)
  if (waitMs !== undefined) return true
  try {
    await commit(failJob, { job, error: `${error.name}: ${error.message}`, now: clock.now() })
    meter.add('trunkline_jobs_total', 1, { kind: job.kind, status: 'failed' })
    return false
  } catch {
    return true // it fails at its next step, when the database is back
  }
}
