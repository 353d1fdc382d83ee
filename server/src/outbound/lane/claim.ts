import { command } from '../../base/command.ts'
import { together } from '../../base/together.ts'
import type { DeliveryStore, LaneClaim, WantedWork } from '../delivery/delivery-store.ts'
import type { Endpoint } from '../endpoint/endpoint.ts'
import type { EndpointStore } from '../endpoint/endpoint-store.ts'
import type { FoundLane, LaneHold, LaneStore, ReturnedLane } from './lane-store.ts'

export interface ClaimCall {
  owner: string
  now: number
  /** The lanes to look at; `isHeld` says that the owner believes he has it already. */
  lanes: readonly (WantedWork & { isHeld?: boolean })[]
  /** Lanes that have nothing in hand and nothing due. */
  giveBack: readonly ReturnedLane[]
  /** Also take lanes that nobody holds and whose work is due since then, at most so many. */
  seek: { limit: number; dueBefore: number }
  /** Also answer all lanes that are the owner's: whether a claim that sought has found any, was never answered. */
  isUnsure?: boolean
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
  async (tx, call) => {
    const { owner, lanes, giveBack, seek, isUnsure = false } = call
    if (giveBack.length > 0) await tx.lanes.giveBack(giveBack)
    const looks = await lookAt(tx, call)
    const taken = lanes.map(({ endpointId }): LaneTaken => {
      const { hold, endpoint, work } = looks.get(endpointId) ?? {}
      const claim = endpoint?.status === 'active' ? work : undefined
      return {
        endpointId,
        generation: hold?.generation,
        condition: hold?.condition ?? null,
        endpoint: claim && endpoint,
        due: claim?.due ?? [],
        nextDue: claim?.nextDue ?? null,
      }
    })
    const free = seek.limit > 0 ? await tx.lanes.takeFree(owner, seek.dueBefore, seek.limit) : []
    return { taken, found: isUnsure ? await tx.lanes.ownedBy(owner) : free }
  },
  { isPatient: true },
)

interface Look {
  hold: LaneHold
  endpoint: Endpoint | undefined
  work: Omit<LaneClaim, 'endpoint'> | undefined
}

/**
 * Those lanes that are the owner's, now or already. Mostly he has all of them, and one round of questions is enough. Of
 * another's lane nothing is read before it is taken: it could have changed by then.
 */
async function lookAt(tx: ClaimTx, { owner, lanes, ...call }: ClaimCall): Promise<Map<string, Look>> {
  const believed = lanes.filter(({ isHeld }) => isHeld)
  const [held, read] = await together([tx.lanes.held(idsOf(lanes), owner), readWork(tx, believed, call)])
  const looks = new Map(believed.flatMap((lane) => lookOf(lane, held, read)))
  const others = lanes.filter(({ endpointId }) => !looks.has(endpointId))
  if (others.length === 0) return looks
  const holds = await takeAll(tx, idsOf(others), held, owner)
  const readLate = await readWork(
    tx,
    others.filter(({ endpointId }) => holds.has(endpointId)),
    call,
  )
  return new Map([...looks, ...others.flatMap((lane) => lookOf(lane, holds, readLate))])
}

type Work = Pick<Look, 'endpoint' | 'work'>

async function readWork(
  { endpoints, deliveries }: ClaimTx,
  lanes: readonly WantedWork[],
  { now, maxDataBytes }: Pick<ClaimCall, 'now' | 'maxDataBytes'>,
): Promise<(endpointId: string) => Work> {
  const [known, work] = await together([
    endpoints.forDelivery(idsOf(lanes)),
    deliveries.claim(lanes, now, maxDataBytes),
  ])
  return (id) => ({ endpoint: known.get(id), work: work.get(id) })
}

function lookOf(
  { endpointId }: WantedWork,
  holds: ReadonlyMap<string, LaneHold>,
  read: (endpointId: string) => Work,
): [string, Look][] {
  const hold = holds.get(endpointId)
  return hold ? [[endpointId, { hold, ...read(endpointId) }]] : []
}

/** The holds of those lanes that the owner has or can have. */
async function takeAll(
  tx: ClaimTx,
  endpointIds: readonly string[],
  held: ReadonlyMap<string, LaneHold>,
  owner: string,
): Promise<Map<string, LaneHold>> {
  const holds = await together(
    endpointIds.map(async (id) => [id, held.get(id) ?? (await tx.lanes.take(id, owner))] as const),
  )
  return new Map(holds.flatMap(([id, hold]) => (hold ? [[id, hold]] : [])))
}

const idsOf = (lanes: readonly WantedWork[]): string[] => lanes.map(({ endpointId }) => endpointId)
