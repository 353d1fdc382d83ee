import type { DueDelivery } from '../delivery/delivery-store.ts'
import type { Lane } from './lane.ts'
import { createTurns } from './turns.ts'

/**
 * What was claimed and waits for its place on the wire. Claiming ahead keeps a quick receiver busy while the next claim
 * is on its way through the database.
 */
export interface Ready {
  /** Takes claimed deliveries; those in hand already are passed over. */
  add(lane: Lane, due: readonly DueDelivery[]): void
  /** Lets go of what has not been started: the lane is not ours any more, or takes nothing now. Answers whether there was any. */
  drop(lane: Lane): boolean
  /** Starts what there is room for, lanes in turn. To be called when there is new work or room. */
  start(): void
  /** The lane has a place again. */
  note(lane: Lane): void
  /**
   * How many lanes have something to start, and wait for a place among all or for the server's rate; without those that had no
   * place while there were some, which are nobody else's.
   */
  waiting(): number
}

export interface ReadyNeeds {
  /** Whether anybody may start now. */
  isOpen(): boolean
  /** Whether this lane may take one of the places that are left. */
  hasPlace(lane: Lane): boolean
  send(lane: Lane, delivery: DueDelivery): void
}

/** So many are started in one go; what else there is to do in this process comes before the next ones. */
const atOnce = 8

export function createReady({ isOpen, hasPlace, send }: ReadyNeeds): Ready {
  // The lanes that have something to start and a place of their own.
  const line = createTurns()
  let goesOn = false
  let refusedLast = 0

  function note(lane: Lane): void {
    if (lane.ready.length > 0 && lane.onWire < lane.concurrency) line.add(lane)
    else line.delete(lane)
  }

  function drop(lane: Lane): boolean {
    const dropped = lane.ready
    lane.ready = []
    for (const { id } of dropped) lane.inHand.delete(id)
    line.delete(lane)
    return dropped.length > 0
  }

  function start(): void {
    const refused: Lane[] = []
    let started = 0
    while (started < atOnce && isOpen()) {
      const lane = line.next()
      if (!lane) break
      const next = hasPlace(lane) ? lane.ready.shift() : undefined
      if (next) {
        send(lane, next)
        note(lane)
        started++
      } else {
        line.delete(lane)
        refused.push(lane)
      }
    }
    for (const lane of refused) note(lane)
    refusedLast = refused.length
    if (started === atOnce) goOn()
  }

  function goOn(): void {
    if (goesOn) return
    goesOn = true
    setImmediate(() => {
      goesOn = false
      start()
    })
  }

  return {
    add(lane, due) {
      for (const delivery of due) {
        if (lane.inHand.has(delivery.id)) continue
        lane.inHand.add(delivery.id)
        lane.ready.push(delivery)
      }
      note(lane)
    },
    drop,
    start,
    note,
    waiting: () => Math.max(0, line.size - refusedLast),
  }
}
