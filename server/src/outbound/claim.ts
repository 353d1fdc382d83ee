import { command } from '../base/command.ts'
import { together } from '../base/together.ts'
import type { DeliveryStore, LaneClaim, WantedWork } from './delivery-store.ts'
import type { EndpointStore } from './endpoint-store.ts'
import type { HeldLane, LaneStore } from './lane-store.ts'

export interface ClaimCall {
  owner: string
  now: number
  /** The lanes to look at. */
  lanes: readonly WantedWork[]
  /** Lanes that have nothing in hand and nothing due. */
  giveBack: readonly HeldLane[]
  /** Also take lanes that nobody holds and whose work is due since then, at most so many. */
  seek: { limit: number; dueBefore: number }
  maxDataBytes: number
}

export interface LaneTaken extends LaneClaim {
  endpointId: string
  /** The generation it is held with; undefined when it is another process's. */
  generation: number | undefined
}

type ClaimTx = { lanes: LaneStore; endpoints: EndpointStore; deliveries: DeliveryStore }

/**
 * Takes lanes and answers their due work. A lane is taken when it has work and given back when it has none; no single
 * delivery is marked, because only the lane's owner sends.
 */
export const claimLanes = command<ClaimTx, ClaimCall, { taken: readonly LaneTaken[]; found: readonly HeldLane[] }>(
  'claim-lanes',
  async (tx, { owner, now, lanes, giveBack, seek, maxDataBytes }) => {
    if (giveBack.length > 0) await tx.lanes.giveBack(giveBack)
    const generations = await takeAll(tx, lanes, owner)
    const owned = lanes.filter(({ endpointId }) => generations.has(endpointId))
    const [endpoints, claims] = await together([
      tx.endpoints.forDelivery([...generations.keys()]),
      tx.deliveries.claim(owned, now, maxDataBytes),
    ])
    const taken = lanes.map(({ endpointId }): LaneTaken => {
      const generation = generations.get(endpointId)
      const endpoint = endpoints.get(endpointId)
      const claim = endpoint?.status === 'active' ? claims.get(endpointId) : undefined
      return {
        endpointId,
        generation,
        endpoint: claim && endpoint,
        due: claim?.due ?? [],
        nextDue: claim?.nextDue ?? null,
      }
    })
    return { taken, found: seek.limit > 0 ? await tx.lanes.takeFree(owner, seek.dueBefore, seek.limit) : [] }
  },
)

/** The generations of those lanes that are the owner's, now or already. */
async function takeAll(tx: ClaimTx, lanes: readonly WantedWork[], owner: string): Promise<Map<string, number>> {
  const ids = lanes.map(({ endpointId }) => endpointId)
  const generations = new Map(await tx.lanes.held(ids, owner))
  const others = ids.filter((id) => !generations.has(id))
  const taken = await together(others.map((id) => tx.lanes.take(id, owner)))
  for (const [i, generation] of taken.entries())
    if (generation !== undefined) generations.set(others[i] ?? '', generation)
  return generations
}
