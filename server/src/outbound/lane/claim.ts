import { command } from '../../base/command.ts'
import { together } from '../../base/together.ts'
import type { DeliveryStore, LaneClaim, WantedWork } from '../delivery/delivery-store.ts'
import type { EndpointStore } from '../endpoint/endpoint-store.ts'
import type { FoundLane, LaneHold, LaneStore, ReturnedLane } from './lane-store.ts'

export interface ClaimCall {
  owner: string
  now: number
  /** The lanes to look at. */
  lanes: readonly WantedWork[]
  /** Lanes that have nothing in hand and nothing due. */
  giveBack: readonly ReturnedLane[]
  /** Also take lanes that nobody holds and whose work is due since then, at most so many. */
  seek: { limit: number; dueBefore: number }
  maxDataBytes: number
}

export interface LaneTaken extends LaneClaim {
  endpointId: string
  /** The generation it is held with; undefined when it is another process's. */
  generation: number | undefined
  /** What its last owner had learned. */
  condition: string | null
}

type ClaimTx = { lanes: LaneStore; endpoints: EndpointStore; deliveries: DeliveryStore }

/**
 * Takes lanes and answers their due work. A lane is taken when it has work and given back when it has none; no single
 * delivery is marked, because only the lane's owner sends.
 */
export const claimLanes = command<ClaimTx, ClaimCall, { taken: readonly LaneTaken[]; found: readonly FoundLane[] }>(
  'claim-lanes',
  async (tx, { owner, now, lanes, giveBack, seek, maxDataBytes }) => {
    if (giveBack.length > 0) await tx.lanes.giveBack(giveBack)
    const holds = await takeAll(tx, lanes, owner)
    const owned = lanes.filter(({ endpointId }) => holds.has(endpointId))
    const [endpoints, claims] = await together([
      tx.endpoints.forDelivery([...holds.keys()]),
      tx.deliveries.claim(owned, now, maxDataBytes),
    ])
    const taken = lanes.map(({ endpointId }): LaneTaken => {
      const hold = holds.get(endpointId)
      const endpoint = endpoints.get(endpointId)
      const claim = endpoint?.status === 'active' ? claims.get(endpointId) : undefined
      return {
        endpointId,
        generation: hold?.generation,
        condition: hold?.condition ?? null,
        endpoint: claim && endpoint,
        due: claim?.due ?? [],
        nextDue: claim?.nextDue ?? null,
      }
    })
    return { taken, found: seek.limit > 0 ? await tx.lanes.takeFree(owner, seek.dueBefore, seek.limit) : [] }
  },
)

/** Those lanes that are the owner's, now or already. */
async function takeAll(tx: ClaimTx, lanes: readonly WantedWork[], owner: string): Promise<Map<string, LaneHold>> {
  const ids = lanes.map(({ endpointId }) => endpointId)
  const holds = new Map(await tx.lanes.held(ids, owner))
  const others = ids.filter((id) => !holds.has(id))
  const taken = await together(others.map((id) => tx.lanes.take(id, owner)))
  for (const [i, hold] of taken.entries()) if (hold !== undefined) holds.set(others[i] ?? '', hold)
  return holds
}
