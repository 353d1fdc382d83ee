import type { Turn } from './round.ts'

/** The rate of a job is kept in steps of at most so long. */
const stepMs = 250
/** What a late step has not used may be used after it, up to so much: timers and databases are late now and then. */
const slackMs = 1000

/** How many rows a step may look at, and when its job has the next one. */
export interface Pace {
  limit: number
  /** Puts off the next turn by the time that these rows are worth. */
  pay(turn: Pick<Turn, 'dueAt' | 'paidUntil'>, rows: number, now: number): void
}

/** The pace of a job with a rate, in rows a second, or of one without. `most` is what a step looks at without a rate. */
export function paceOf(perSecond: number | null, most: number): Pace {
  if (perSecond === null) {
    return {
      limit: most,
      pay(turn, _, now) {
        turn.dueAt = now
      },
    }
  }
  return {
    limit: Math.min(most, Math.max(1, Math.floor((perSecond * stepMs) / 1000))),
    pay(turn, rows, now) {
      const since = turn.paidUntil === 0 ? now : Math.max(turn.paidUntil, now - slackMs)
      turn.paidUntil = since + (rows * 1000) / perSecond
      turn.dueAt = turn.paidUntil
    },
  }
}
