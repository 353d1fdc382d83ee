import type { Clock } from '../base/clock.ts'
import type { Commit } from '../base/command.ts'
import { StoreUnavailable } from '../base/errors.ts'
import type { Log } from '../base/log.ts'
import { expireQuarantined } from '../events/quarantine.ts'

/** How often it is looked whether anything has become too old. */
const everyMs = 60_000

export interface ExpireLoop {
  /** Ends after the batch that is under way. */
  stop(): Promise<void>
}

/**
 * Lets go of refused requests that have become too old, a few at a time. Any number of processes may do it at once, and
 * each may die at any moment.
 */
export function startExpiring(needs: { commit: Commit; clock: Clock; journal: Log; ageMs: number }): ExpireLoop {
  let isStopping = false
  let running = Promise.resolve()
  const turn = () => {
    running = expire(needs, () => isStopping)
  }
  const timer = setInterval(turn, everyMs)
  turn()
  return {
    async stop() {
      isStopping = true
      clearInterval(timer)
      await running
    },
  }
}

/** One turn: all that is too old now. */
export async function expire(
  { commit, clock, journal, ageMs }: Parameters<typeof startExpiring>[0],
  isStopping: () => boolean = () => false,
): Promise<void> {
  const before = clock.now() - ageMs
  let total = 0
  try {
    for (let isDone = false; !isDone && !isStopping(); ) {
      const batch = await commit(expireQuarantined, { before })
      total += batch.gone
      isDone = batch.isDone
    }
    if (total > 0) journal.info('quarantine.expired', { requests: total })
  } catch (error) {
    if (!(error instanceof StoreUnavailable)) journal.error('quarantine.expire.failed', { error: error as Error })
  }
}
