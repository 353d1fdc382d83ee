import { command } from '../base/command.ts'
import type { DeliveryStore } from './delivery-store.ts'
import type { LaneStore } from './lane-store.ts'

/** How many deliveries end in one transaction: a queue of a million must not hold up the others. */
const batch = 500

/**
 * Ends a batch of the unfinished deliveries of endpoints that were disabled or deleted. Answers how many it ended; zero
 * when none is left.
 */
export const retireLanes = command<{ lanes: LaneStore; deliveries: DeliveryStore }, { now: number }, number>(
  'retire-lanes',
  async (tx, { now }) => {
    let ended = 0
    for (const { endpointId, state } of await tx.lanes.ending(10)) {
      const cause = state === 'deleted' ? 'ENDPOINT_DELETED' : 'ENDPOINT_DISABLED'
      const count = await tx.deliveries.end(endpointId, cause, now, batch - ended)
      if (count === 0) await tx.lanes.ended(endpointId)
      ended += count
      if (ended >= batch) break
    }
    return ended
  },
)
