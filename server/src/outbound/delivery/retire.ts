import type { Clock } from '../../base/clock.ts'
import { type Commit, command } from '../../base/command.ts'
import { StoreUnavailable } from '../../base/errors.ts'
import type { Log } from '../../base/log.ts'
import type { LaneStore } from '../lane/lane-store.ts'
import type { DeliveryStore } from './delivery-store.ts'

/** How many deliveries end in one transaction: a queue of a million must not hold up the others. */
const batch = 500

/** Lanes looked at in one transaction. */
const lanesAtOnce = 10

/** How often to look without being told: the process that disabled an endpoint may have died before it ended the queue. */
const lookEveryMs = 10_000

/**
 * Ends a batch of the unfinished deliveries of endpoints that were disabled or deleted. Answers whether there may be
 * more.
 */
export const retireLanes = command<{ lanes: LaneStore; deliveries: DeliveryStore }, { now: number }, boolean>(
  'retire-lanes',
  async (tx, { now }) => {
    const lanes = await tx.lanes.ending(lanesAtOnce)
    let ended = 0
    for (const { endpointId, state } of lanes) {
      const cause = state === 'deleted' ? 'ENDPOINT_DELETED' : 'ENDPOINT_DISABLED'
      const count = await tx.deliveries.end(endpointId, cause, now, batch - ended)
      if (count === 0) await tx.lanes.ended(endpointId)
      ended += count
      if (ended >= batch) break
    }
    return lanes.length > 0
  },
)

/** Ends the queues of disabled and deleted endpoints, batch by batch, beside everything else. */
export interface Retirement {
  /** An endpoint may have been disabled or deleted. */
  wake(): void
  /** Begins if there is something to do. */
  tick(): void
  /** Ends after the batch that is under way; resolves when it has. */
  stop(): Promise<void>
}

export function createRetirement(needs: { commit: Commit; clock: Clock; journal: Log }): Retirement {
  const { commit, clock, journal } = needs
  let isWoken = true
  let isStopping = false
  let lookedAt = 0
  let running: Promise<void> | undefined

  async function run(): Promise<void> {
    try {
      while (!isStopping && (await commit(retireLanes, { now: clock.now() })));
    } catch (error) {
      if (error instanceof StoreUnavailable) isWoken = true
      else journal.error('retirement.failed', { error: error as Error })
    } finally {
      running = undefined
    }
  }

  return {
    wake() {
      isWoken = true
    },
    tick() {
      const elapsed = clock.elapsed()
      if (isStopping || running || (!isWoken && elapsed - lookedAt < lookEveryMs)) return
      isWoken = false
      lookedAt = elapsed
      running = run()
    },
    async stop() {
      isStopping = true
      await running
    },
  }
}
