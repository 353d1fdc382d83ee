import { command } from '../base/command.ts'
import type { DeliveryStore, LaneClaim } from './delivery-store.ts'
import type { EndpointStore } from './endpoint-store.ts'
import type { HeldLane, LaneStore } from './lane-store.ts'

export interface ClaimCall {
  owner: string
  aliveSince: number
  now: number
  /** The lanes to look at, how much of each may be taken, and which of its deliveries the owner has in hand already. */
  lanes: readonly { endpointId: string; limit: number; inHand: readonly string[] }[]
  /** Lanes that have nothing in hand and nothing due. */
  giveBack: readonly HeldLane[]
  /** Also look for lanes that nobody holds, at most this many. */
  seek: number
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
>('claim-lanes', async (tx, { owner, aliveSince, now, lanes, giveBack, seek, maxDataBytes }) => {
  if (giveBack.length > 0) await tx.lanes.giveBack(giveBack)
  const taken: LaneTaken[] = []
  for (const { endpointId, limit, inHand } of lanes) {
    const generation = await tx.lanes.take(endpointId, owner, aliveSince)
    const endpoint = generation === undefined ? undefined : await tx.endpoints.forDelivery(endpointId)
    if (generation === undefined || endpoint?.status !== 'active') {
      taken.push({ endpointId, generation, endpoint: undefined, due: [], nextDue: null })
      continue
    }
    taken.push({
      endpointId,
      generation,
      endpoint,
      ...(await tx.deliveries.claim(endpointId, now, limit, inHand, maxDataBytes)),
    })
  }
  return { taken, seen: seek > 0 ? await tx.lanes.free(now, aliveSince, seek) : [] }
})
