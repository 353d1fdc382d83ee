import { command } from '../base/command.ts'
import { together } from '../base/together.ts'
import type { DeliveryStore, LaneClaim } from './delivery-store.ts'
import type { EndpointStore } from './endpoint-store.ts'
import type { HeldLane, LaneStore } from './lane-store.ts'

export interface ClaimCall {
  owner: string
  now: number
  /** The lanes to look at, how much of each may be taken, and which of its deliveries the owner has in hand already. */
  lanes: readonly { endpointId: string; limit: number; inHand: readonly string[] }[]
  /** Lanes that have nothing in hand and nothing due. */
  giveBack: readonly HeldLane[]
  /** Also look for lanes that nobody holds and whose work is due since then, at most so many. */
  seek: { limit: number; dueBefore: number }
  maxDataBytes: number
}

export interface LaneTaken extends LaneClaim {
  endpointId: string
  /** The generation it is held with; undefined when it is another process's. */
  generation: number | undefined
}

/**
 * Takes lanes and answers their due work. A lane is taken when it has work and given back when it has none; no single
 * delivery is marked, because only the lane's owner sends.
 */
export const claimLanes = command<
  { lanes: LaneStore; endpoints: EndpointStore; deliveries: DeliveryStore },
  ClaimCall,
  { taken: readonly LaneTaken[]; seen: readonly string[] }
>('claim-lanes', async (tx, { owner, now, lanes, giveBack, seek, maxDataBytes }) => {
  if (giveBack.length > 0) await tx.lanes.giveBack(giveBack)
  const claim = async ({ endpointId, limit, inHand }: ClaimCall['lanes'][number]): Promise<LaneTaken> => {
    const nothing = { endpointId, endpoint: undefined, due: [], nextDue: null }
    const generation = await tx.lanes.take(endpointId, owner)
    if (generation === undefined) return { ...nothing, generation }
    const [endpoint, claimed] = await together([
      tx.endpoints.forDelivery(endpointId),
      tx.deliveries.claim(endpointId, now, limit, inHand, maxDataBytes),
    ])
    return endpoint?.status === 'active' ? { endpointId, generation, endpoint, ...claimed } : { ...nothing, generation }
  }
  const taken = await together(lanes.map(claim))
  return { taken, seen: seek.limit > 0 ? await tx.lanes.free(seek.dueBefore, seek.limit) : [] }
})
