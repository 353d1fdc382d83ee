import { command } from '../base/command.ts'
import { newId } from '../base/id.ts'
import { eventOf } from '../events/exercise-log.ts'
import type { LogStore } from '../events/log-store.ts'
import type { NewJob } from './job.ts'
import type { JobStore } from './job-store.ts'
import { type JobKind, keepStep, type StepCall, type StepKept } from './step.ts'

/** The rows that a step of the tests is past: it appends one event for each, so that one done twice is seen. */
export interface Counted {
  rows: readonly number[]
  isDone: boolean
  /** Fails after it has written. */
  fails?: boolean
}

export const countStep = command<
  { jobs: JobStore; log: LogStore },
  StepCall<Counted>,
  StepKept<readonly number[]> | null
>(
  'exercise-count-step',
  keepStep(async (tx, { rows, isDone, fails }, { id, workspaceId, cursor }) => {
    await tx.log.appendEvents(
      rows.map((n) => eventOf({ workspaceId, type: 'counted', subject: `${id} ${n}`, data: String(n) })),
    )
    if (fails) throw new Error('a fault after the rows were written')
    return {
      cursor: rows.length > 0 ? String(rows.at(-1)) : cursor,
      counts: { looked: rows.length, even: rows.filter((n) => n % 2 === 0).length },
      isDone,
      more: rows,
    }
  }),
)

/** A job that counts to `rows`. */
export function countJob(workspaceId: string, rows: number, more: Partial<NewJob> = {}): NewJob {
  return {
    id: newId('job', 1_700_000_000_000),
    workspaceId,
    kind: 'count',
    args: { rows },
    plan: { count: rows, isAtLeast: false },
    perSecond: null,
    ...more,
  }
}

/** The kind of these jobs; `before` may say what happens before each step is kept. */
export function counting(before: (jobId: string, row: number) => Promise<void> | void = () => {}): JobKind {
  return {
    kind: 'count',
    async step(job, { limit, now, commit }) {
      const from = Number(job.cursor ?? 0)
      const to = Math.min(Number(job.args.rows), from + limit)
      await before(job.id, from)
      const rows = Array.from({ length: to - from }, (_, i) => from + i + 1)
      const kept = await commit(countStep, { job, now, work: { rows, isDone: to === job.args.rows } })
      return kept?.job ?? null
    },
  }
}
