import type { Clock } from '../base/clock.ts'
import { dueAt, type Lane, newLane, roomOf } from './lane.ts'

/** A lane whose turn it is, and how many deliveries it may start. */
export interface Turn {
  lane: Lane
  limit: number
}

/** The lanes in the hands of this process, and whose turn it is. */
export interface HeldLanes {
  /** The lane, taken into our hands if it is not there yet. */
  of(endpointId: string): Lane
  has(endpointId: string): boolean
  /** Notes that the lane has work due at a time. */
  due(lane: Lane, at: number): void
  /** Looks at a lane again: it stands in the line while it has due work and room. To be called whenever either changes. */
  note(lane: Lane): void
  /** Looks at every lane again: time has passed. */
  noteAll(): void
  /**
   * The lanes whose turn it is, at most `most`. They leave the line, and what was due in them counts as asked for.
   * `free` is how many places there are on the wire, `starts` how many of them may be filled now.
   */
  takeTurns(room: { free: number; starts: number }, most: number): Turn[]
  /** The lanes with nothing in hand that have had nothing to do for a while, or are to leave (or all of them); they leave our hands. */
  takeIdle(all: boolean): Lane[]
  /** Puts lanes back that could not be given back. */
  putBack(lanes: readonly Lane[]): void
  all(): readonly Lane[]
  readonly size: number
}

/** A lane without work is kept this long: the next event usually comes soon. */
const keepIdleMs = 5_000

export function createHeldLanes(clock: Clock): HeldLanes {
  const lanes = new Map<string, Lane>()
  // The lanes with due work and room, in the order of their turns: finding the next ones costs the same with ten lanes
  // and with ten thousand.
  const line = new Set<Lane>()

  function note(lane: Lane): void {
    if (lane.nextDue !== null && lane.nextDue <= clock.now() && roomOf(lane) > 0) line.add(lane)
    else line.delete(lane)
  }

  function isIdle(lane: Lane, now: number, elapsed: number): boolean {
    if (lane.isLeaving) return true
    const hasWorkSoon = lane.nextDue !== null && lane.nextDue <= now + keepIdleMs
    lane.idleSince = hasWorkSoon ? null : (lane.idleSince ?? elapsed)
    return lane.idleSince !== null && elapsed - lane.idleSince >= keepIdleMs
  }

  return {
    of(endpointId) {
      const lane = lanes.get(endpointId) ?? newLane(endpointId)
      lanes.set(endpointId, lane)
      return lane
    },
    has: (endpointId) => lanes.has(endpointId),
    due(lane, at) {
      dueAt(lane, at)
      note(lane)
    },
    note,
    noteAll() {
      for (const lane of lanes.values()) note(lane)
    },
    takeTurns(room, most) {
      const share = Math.ceil(room.starts / Math.min(line.size, most))
      const turns: Turn[] = []
      let { free, starts } = room
      for (const lane of line) {
        if (starts <= 0 || turns.length >= most) break
        const limit = Math.min(roomOf(lane), fairRoom(lane, free), share, starts)
        if (limit <= 0) continue
        line.delete(lane)
        lane.nextDue = null
        turns.push({ lane, limit })
        free -= limit
        starts -= limit
      }
      return turns
    },
    takeIdle(all) {
      const now = clock.now()
      const elapsed = clock.elapsed()
      const idle = [...lanes.values()].filter((lane) => lane.inHand.size === 0 && (all || isIdle(lane, now, elapsed)))
      for (const lane of idle) {
        lanes.delete(lane.endpointId)
        line.delete(lane)
      }
      return idle
    },
    putBack(returned) {
      for (const lane of returned) if (!lanes.has(lane.endpointId)) lanes.set(lane.endpointId, lane)
    },
    all: () => [...lanes.values()],
    get size() {
      return lanes.size
    },
  }
}

/**
 * A lane may fill half of what it and the free places are together. So a place is always left for somebody else, however
 * many receivers hang: one of them holds half of all places, ten hold ten elevenths.
 */
export function fairRoom(lane: Lane, free: number): number {
  return Math.ceil((free - lane.onWire) / 2)
}
