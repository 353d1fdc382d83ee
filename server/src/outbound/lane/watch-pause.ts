import type { Clock } from '../../base/clock.ts'
import { StoreUnavailable } from '../../base/errors.ts'
import type { Log } from '../../base/log.ts'
import type { HeldLanes } from './held-lanes.ts'
import type { Lane } from './lane.ts'
import type { LaneReads } from './lane-store.ts'

/** How soon a pause is heard of; no claim brings new work from then on anyway. */
const lookEveryMs = 500

/**
 * Hears of workspaces whose deliveries are paused, in whichever process that was said: their lanes are looked at anew, which
 * lets go of what was claimed for them and has not started, takes nothing that is handed over, and ends with their leaving.
 */
export function createPauseWatch(needs: {
  lanes: Pick<LaneReads, 'paused'>
  held: HeldLanes
  clock: Clock
  journal: Log
  review(lane: Lane): void
}): { tick(): void } {
  const { lanes, held, clock, journal, review } = needs
  let lookedAt = Number.NEGATIVE_INFINITY
  let isLooking = false

  async function look(): Promise<void> {
    try {
      const paused = await lanes.paused()
      if (paused.size === 0) return
      // Of one that was looked at since, no endpoint is known any more.
      for (const lane of held.all()) if (lane.endpoint && paused.has(lane.workspaceId ?? '')) review(lane)
    } catch (error) {
      if (!(error instanceof StoreUnavailable)) journal.error('pause.unheard', { error: error as Error })
    } finally {
      isLooking = false
    }
  }

  return {
    tick() {
      // Who holds nothing has nothing to let go of.
      if (isLooking || held.size === 0 || clock.elapsed() - lookedAt < lookEveryMs) return
      lookedAt = clock.elapsed()
      isLooking = true
      void look()
    },
  }
}
