import type { Job } from './job.ts'

/** A job of this process, and when it has its next turn. Times are those of the stopwatch. */
export interface Turn extends Pick<Job, 'id' | 'workspaceId' | 'kind'> {
  /** As it stood after its last step; undefined when it has to be taken anew. */
  job: Job | undefined
  /** A step of it is under way. */
  isBusy: boolean
  dueAt: number
  /** The number of its last turn, or of its coming. */
  place: number
  /** Up to when its rate has been used. */
  paidUntil: number
  /** Steps that have failed since the last one that did not. */
  faults: number
}

/** Who takes turns. */
export interface Round {
  /** Makes these the ones that take turns: others leave, unless a step of theirs is under way. */
  seat(jobs: readonly Pick<Turn, 'id' | 'workspaceId' | 'kind'>[]): void
  leave(id: string): void
  /**
   * Gives the next one its turn: of the workspaces with a job that is due the one that has waited longest, and of its
   * jobs the one that has. So neither a large job nor many of them delay those of others. Undefined when nobody is due.
   */
  next(now: number): Turn | undefined
  /** When the first of those who wait is due; never, when nobody waits. */
  dueAt(): number
}

/** Workspaces whose last turn is remembered. */
const mostWorkspaces = 10_000

export function createRound(): Round {
  const turns = new Map<string, Turn>()
  const lastOf = new Map<string, number>()
  let place = 0
  const lastTurn = ({ workspaceId }: Turn) => lastOf.get(workspaceId) ?? 0
  return {
    seat(jobs) {
      const ids = new Set(jobs.map(({ id }) => id))
      for (const [id, { isBusy }] of turns) if (!ids.has(id) && !isBusy) turns.delete(id)
      for (const { id, workspaceId, kind } of jobs) {
        if (turns.has(id)) continue
        const fresh = { job: undefined, isBusy: false, dueAt: 0, place: ++place, paidUntil: 0, faults: 0 }
        turns.set(id, { id, workspaceId, kind, ...fresh })
      }
    },
    leave: (id) => void turns.delete(id),
    next(now) {
      let best: Turn | undefined
      for (const turn of turns.values()) {
        if (turn.isBusy || turn.dueAt > now) continue
        if (!best || (lastTurn(turn) - lastTurn(best) || turn.place - best.place) < 0) best = turn
      }
      if (!best) return undefined
      best.place = ++place
      if (lastOf.size >= mostWorkspaces) lastOf.clear()
      lastOf.set(best.workspaceId, best.place)
      return best
    },
    dueAt() {
      let first = Number.POSITIVE_INFINITY
      for (const { isBusy, dueAt } of turns.values()) if (!isBusy && dueAt < first) first = dueAt
      return first
    },
  }
}
