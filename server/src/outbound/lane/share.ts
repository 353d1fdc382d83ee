import type { Clock } from '../../base/clock.ts'
import { StoreUnavailable } from '../../base/errors.ts'
import type { Log } from '../../base/log.ts'
import type { HeldLanes } from './held-lanes.ts'
import { type Lane, nextStart } from './lane.ts'
import type { LaneLook, LaneReads } from './lane-store.ts'

export interface ShareNeeds {
  lanes: LaneReads
  held: HeldLanes
  clock: Clock
  journal: Log
  /** How many other processes deliver. */
  others(): number
  /** A lane is to leave: what was claimed for it and is not on the wire is let go of. */
  letGo(lane: Lane): void
  /** A lane's endpoint was changed by another process. */
  review(lane: Lane): void
}

/**
 * Shares the lanes out evenly between the processes that deliver, without anybody in charge. Each process counts the
 * lanes that are in use: it takes free ones at once up to its part, and gives back what it has beyond it. What others
 * were slow to take it takes a little later, bit by bit, so that no work waits because of a count.
 */
export interface Share {
  /** Whether this process has less than its part. */
  hasRoom(): boolean
  /** How many free lanes this process may look for, at most so many, and since when their work must have been due. */
  seek(most: number): { limit: number; dueBefore: number }
  /** Looks at what the others do, if it is time. Called several times a second. */
  tick(): void
}

const lookEveryMs = 250
/** How long free work is left to those who have less. */
const courtesyMs = 500

export function createShare(needs: ShareNeeds): Share {
  const { lanes, held, clock, journal, others, letGo, review } = needs
  /** This process's part as of the last look; before the first one, little enough to leave the others theirs. */
  let size = 1
  let lookedAt = Number.NEGATIVE_INFINITY
  let soughtAt = Number.NEGATIVE_INFINITY
  let isLooking = false

  async function look(): Promise<void> {
    const now = clock.now()
    const all = held.all()
    try {
      apply(
        await lanes.look(
          {
            idle: idsOf(
              all.filter((lane) => lane.inHand.size === 0 && (nextStart(lane) ?? Number.POSITIVE_INFINITY) > now),
            ),
            busy: idsOf(all.filter(({ inHand }) => inHand.size > 0)),
          },
          now,
        ),
      )
    } catch (error) {
      if (!(error instanceof StoreUnavailable)) journal.error('share.failed', { error: error as Error })
    }
  }

  function apply({ total, stirred, changedAt }: LaneLook): void {
    size = Math.max(1, Math.ceil(total / (others() + 1)))
    shrink(size)
    for (const endpointId of stirred) if (held.has(endpointId)) held.due(held.of(endpointId), clock.now())
    for (const lane of held.all()) {
      const at = changedAt.get(lane.endpointId)
      if (at !== undefined && lane.endpoint && at !== lane.endpoint.updatedAt) review(lane)
    }
  }

  /** Lets lanes leave, those with the least in hand first, or calls them back. */
  function shrink(to: number): void {
    const staying = held.all().filter(({ isLeaving }) => !isLeaving)
    const leaving = held.all().filter(({ isLeaving }) => isLeaving)
    const excess = staying.length - to
    if (excess > 0) {
      for (const lane of staying.sort((a, b) => a.inHand.size - b.inHand.size).slice(0, excess)) {
        lane.isLeaving = true
        letGo(lane)
      }
    } else {
      for (const lane of leaving.slice(0, -excess)) lane.isLeaving = false
    }
  }

  const room = () => (others() === 0 ? Number.POSITIVE_INFINITY : size - held.size)

  return {
    hasRoom: () => room() > 0,
    seek(most) {
      if (others() === 0) return { limit: most, dueBefore: clock.now() }
      // Among several, free lanes are told of; this is for what was not told.
      if (clock.elapsed() - soughtAt < lookEveryMs) return { limit: 0, dueBefore: 0 }
      if (most > 0) soughtAt = clock.elapsed()
      return room() > 0
        ? { limit: Math.min(most, room()), dueBefore: clock.now() }
        : { limit: Math.min(most, size), dueBefore: clock.now() - courtesyMs }
    },
    tick() {
      if (others() === 0) {
        size = 1
        for (const lane of held.all()) lane.isLeaving = false
        return
      }
      if (isLooking || clock.elapsed() - lookedAt < lookEveryMs) return
      lookedAt = clock.elapsed()
      isLooking = true
      look().finally(() => {
        isLooking = false
      })
    },
  }
}

const idsOf = (lanes: readonly Lane[]): string[] => lanes.map(({ endpointId }) => endpointId)
