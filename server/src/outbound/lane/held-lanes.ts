import type { Clock } from '../../base/clock.ts'
import { dueAt, type Lane, newLane, nextStart, roomOf } from './lane.ts'
import { fairRoom } from './places.ts'
import { createTurns } from './turns.ts'

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
   * `free` is how many places there are on the wire, `starts` how many of them may be filled now. What may be started is
   * shared out in turn by workspace, customer and lane, until there is nothing left or everybody has what he can take.
   */
  takeTurns(room: { free: number; starts: number }, most: number): Turn[]
  /** The lanes with nothing in hand that have had nothing to do for a while, or are to leave (or all of them); they leave our hands. */
  takeIdle(all: boolean): Lane[]
  /** Puts lanes back that could not be given back. */
  putBack(lanes: readonly Lane[]): void
  all(): readonly Lane[]
  readonly size: number
}

/**
 * A lane without work is kept this long: the next event usually comes soon, and to take it anew takes twice as long. Where
 * others could take it, less: what a process has when it dies waits for its lease to end.
 */
const keepAloneMs = 30_000
const keepAmongOthersMs = 5_000

/**
 * Where places are scarce a lane gets back one after the other. A claim for each would keep the database busy, so it waits
 * until there is a quarter of what it has on the wire.
 */
const isWorthwhile = ({ onWire }: Lane, room: number): boolean => 4 * room >= onWire

/** `others` is how many other processes could have the lanes. */
export function createHeldLanes(clock: Clock, others: () => number): HeldLanes {
  const lanes = new Map<string, Lane>()
  // The lanes with due work and room.
  const line = createTurns()

  function note(lane: Lane): void {
    const now = clock.now()
    const start = nextStart(lane)
    if (start !== null && start <= now && roomOf(lane, now) > 0) line.add(lane)
    else line.delete(lane)
  }

  function isIdle(lane: Lane, now: number, elapsed: number): boolean {
    if (lane.isLeaving) return true
    const keepIdleMs = others() === 0 ? keepAloneMs : keepAmongOthersMs
    const start = nextStart(lane)
    const hasWorkSoon = start !== null && start <= now + keepIdleMs
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
      const now = clock.now()
      const share = Math.ceil(room.starts / Math.min(line.size, most))
      const granted = new Map<Lane, number>()
      const refused: Lane[] = []
      let { free, starts } = room
      while (starts > 0) {
        const lane = line.next()
        if (!lane) break
        const has = granted.get(lane) ?? 0
        if (has === 0 && granted.size >= most) break
        const fair = fairRoom({ onWire: lane.onWire + has }, free)
        const limit = isWorthwhile(lane, has + fair) ? Math.min(roomOf(lane, now) - has, fair, share, starts) : 0
        if (limit <= 0) {
          line.delete(lane)
          if (has === 0) refused.push(lane)
          continue
        }
        granted.set(lane, has + limit)
        free -= limit
        starts -= limit
      }
      for (const lane of refused) line.add(lane)
      return [...granted].map(([lane, limit]) => {
        line.delete(lane)
        lane.nextDue = null
        return { lane, limit }
      })
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
