import type { Clock } from '../../base/clock.ts'
import type { DueDelivery, FreshWork } from '../delivery/delivery-store.ts'
import type { HeldLanes } from './held-lanes.ts'
import { type Lane, roomOf } from './lane.ts'
import { fairRoom } from './places.ts'
import type { Ready } from './ready.ts'

export interface HandOverNeeds {
  held: HeldLanes
  ready: Ready
  clock: Clock
  /** How many may start now, over all lanes: the places that are free, and what the server's rate allows. */
  starts(): number
  /** How many places are free. */
  free(): number
  /** Whether the endpoint is for certain as the last claim found it, but for what this process was told. */
  isKnown(lane: Lane): boolean
}

/** Gives deliveries that were just made to their lane, so that nothing is asked of the database before they are sent. */
export interface HandOver {
  /**
   * Only where a claim would have brought the same at once: the lane is ours, takes deliveries, has nothing else due, has room
   * for all of them, and nobody waits for the places that they take. Answers the lanes that have theirs; the others' are to be
   * claimed.
   */
  give(fresh: readonly FreshWork[]): string[]
  /** How many deliveries a lane could be given now, at the most: of one that gets more, nothing is worth being read. */
  takes(): number
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

/**
 * Work of which nobody heard (its commit was made and never answered) is found by a claim. A lane that always gets its own
 * handed over would never make one, so it makes one this often.
 */
const looksEveryMs = 60_000

/** Of so many lanes each is looked at; of more, some have room. */
const fewLanes = 64

export function createHandOver({ held, ready, clock, starts, free, isKnown }: HandOverNeeds): HandOver {
  /** The lanes that the claim under way looks at, with the deliveries that were given to them since it began. */
  let given = new Map<Lane, Set<string>>()

  /** Those that are ready and find no place come first, and so do the claims of whoever has none ready. */
  const unclaimed = () => starts() - ready.waiting()

  function isOpen(lane: Lane, now: number): boolean {
    const isOurs = lane.generation !== undefined && lane.endpoint !== undefined && !lane.isLeaving
    if (!isOurs || lane.sleepsUntil > now || lane.isBehind || (lane.nextDue !== null && lane.nextDue <= now))
      return false
    if (lane.changes.known < lane.changes.told) return false
    return clock.elapsed() - lane.claimedAt < looksEveryMs && isKnown(lane)
  }

  /** How many deliveries the lane may be given now. */
  function roomIn(lane: Lane): number {
    const now = clock.now()
    if (!isOpen(lane, now)) return 0
    return Math.min(aheadOf(lane) - lane.inHand.size, roomOf(lane, now), fairRoom(lane, free()))
  }

  function take(lane: Lane, due: readonly DueDelivery[]): void {
    lane.idleSince = null
    for (const { id } of due) given.get(lane)?.add(id)
    ready.add(lane, due)
    held.note(lane)
  }

  return {
    give(fresh) {
      const lanes: string[] = []
      let left = unclaimed()
      for (const { endpointId, due, isAll } of fresh) {
        if (!isAll || due.length > left || !held.has(endpointId)) continue
        const lane = held.of(endpointId)
        if (due.length > roomIn(lane)) continue
        left -= due.length
        take(lane, due)
        lanes.push(endpointId)
      }
      return lanes
    },
    takes() {
      const most = unclaimed()
      if (most <= 0 || held.size > fewLanes) return Math.max(0, most)
      return Math.min(most, Math.max(0, ...held.all().map(roomIn)))
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
