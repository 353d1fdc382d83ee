import type { Clock } from './base/clock.ts'
import type { Commit } from './base/command.ts'
import { StoreUnavailable } from './base/errors.ts'
import type { Log } from './base/log.ts'
import type { Meter } from './base/meter.ts'

/** Whether the database takes writes, as seen by those who write. */
export interface StoreHealth {
  /** What is wrong, in one sentence; undefined while all is well. */
  fault(): string | undefined
}

/** Watches every commit: one that the database did not take makes it unhealthy, the next one that it took heals it. */
export function watchStore(
  commit: Commit,
  { clock, journal, meter }: { clock: Clock; journal: Log; meter: Meter },
): { commit: Commit; health: StoreHealth } {
  let fault: string | undefined
  let since = 0
  meter.set('trunkline_store_up', 1)
  const heal = () => {
    if (fault === undefined) return
    journal.info('store.back', { afterMs: Math.round(clock.elapsed() - since) })
    fault = undefined
    meter.set('trunkline_store_up', 1)
  }
  const fail = (error: StoreUnavailable) => {
    if (fault === undefined) {
      since = clock.elapsed()
      journal.error('store.unavailable', { error })
      meter.set('trunkline_store_up', 0)
    }
    fault = error.message
  }
  return {
    health: { fault: () => fault },
    commit: (command, args) =>
      commit(command, args).then(
        (result) => {
          heal()
          return result
        },
        (error) => {
          if (error instanceof StoreUnavailable) fail(error)
          else heal()
          throw error
        },
      ),
  }
}
