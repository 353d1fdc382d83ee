import type { Clock } from '../../base/clock.ts'
import type { DueDelivery, FreshWork } from '../delivery/delivery-store.ts'
import type { HeldLanes } from './held-lanes.ts'
import { type Lane, roomOf } from './lane.ts'
import { fairRoom, type Places } from './places.ts'
import type { Ready } from './ready.ts'

export interface HandOverNeeds {
  held: HeldLanes
  ready: Ready
  places: Places
  clock: Clock
  /** Whether the endpoint is for certain as the last claim found it, but for what this process was told. */
  isKnown(lane: Lane): boolean
}

/** Gives deliveries that were just made to their lane, so that nothing is asked of the database before they are sent. */
export interface HandOver {
  /**
   * Only where a claim would have brought the same: the lane is ours, takes deliveries, has nothing else due, and has room for
   * all of them. Answers whether it was done; if not, they are to be claimed.
   */
  give(work: FreshWork): boolean
  /** A claim looks at these lanes from now on. What is given to them meanwhile, it may have seen. */
  beginClaim(lanes: readonly Lane[]): void
  /** What a claim has found, without what was given meanwhile: that may be delivered by now. */
  notGiven(lane: Lane, due: readonly DueDelivery[]): readonly DueDelivery[]
  endClaim(): void
}

/**
 * What is handed over is sent at once, and waits for its record then. A process that dies has no record of so many at the most:
 * they come again, so there are fewer of them than a claim may take, which waits for the same database.
 */
const aheadOf = ({ concurrency }: Lane): number => 2 * concurrency

export function createHandOver({ held, ready, places, clock, isKnown }: HandOverNeeds): HandOver {
  /** The lanes that the claim under way looks at, with the deliveries that were given to them since it began. */
  let given = new Map<Lane, Set<string>>()

  function hasRoom(lane: Lane, count: number): boolean {
    const now = clock.now()
    const isOurs = lane.generation !== undefined && lane.endpoint !== undefined && !lane.isLeaving
    if (!isOurs || lane.sleepsUntil > now || lane.isBehind || (lane.nextDue !== null && lane.nextDue <= now))
      return false
    if (lane.changes.known < lane.changes.told) return false
    const ahead = aheadOf(lane) - lane.inHand.size
    return isKnown(lane) && count <= Math.min(ahead, roomOf(lane, now), fairRoom(lane, places.free()))
  }

  return {
    give({ endpointId, due, isAll }) {
      if (!isAll || !held.has(endpointId)) return false
      const lane = held.of(endpointId)
      if (!hasRoom(lane, due.length)) return false
      lane.idleSince = null
      for (const { id } of due) given.get(lane)?.add(id)
      ready.add(lane, due)
      held.note(lane)
      return true
    },
    beginClaim(lanes) {
      given = new Map(lanes.map((lane) => [lane, new Set()]))
    },
    notGiven(lane, due) {
      const meanwhile = given.get(lane)
      return meanwhile?.size ? due.filter(({ id }) => !meanwhile.has(id)) : due
    },
    endClaim() {
      given = new Map()
    },
  }
}
