import type { Commit } from '../base/command.ts'
import { StoreUnavailable } from '../base/errors.ts'
import type { Log } from '../base/log.ts'
import type { Meter } from '../base/meter.ts'
import { type AttemptNeeds, attempt } from './attempt.ts'
import { claimLanes, type LaneTaken } from './claim.ts'
import type { DueDelivery } from './delivery-store.ts'
import type { Endpoint } from './endpoint.ts'
import { dueAt, type Lane, newLane, roomOf } from './lane.ts'
import { createRate } from './rate.ts'
import { retireLanes } from './retire.ts'
import { type SettleCall, settleAttempt } from './settle.ts'

export interface DeliverNeeds extends AttemptNeeds {
  commit: Commit
  log: AttemptNeeds['log']
  journal: Log
  meter: Meter
  /** The name under which this process holds lanes. */
  processId: string
  /** How long the lanes of a silent process stay its own. */
  leaseMs: number
  /** Attempts on the wire at once, over all endpoints. */
  concurrency: number
  /** Attempts started per second, over all endpoints; undefined: as fast as they go. */
  perSecond: number | undefined
}

/** Sends what is due. */
export interface Deliverer {
  /** There is new work in these lanes. */
  wake(endpointIds: readonly string[]): void
  /** Looks at what has become due. Called several times a second. */
  tick(): void
  /** Starts nothing new and waits until everything on the wire is recorded and the lanes are given back. */
  drain(): Promise<void>
  /** Whether nothing is on the wire or unrecorded. */
  isIdle(): boolean
}

/** Lanes looked at in one claim, and how much data a claimed delivery may bring along. */
const lanesPerClaim = 64
const claimDataBytes = 256 * 1024
/** A lane without work is kept this long: the next event usually comes soon. */
const keepIdleMs = 5_000

/**
 * The delivery engine of one process. It holds lanes, claims their due work as far as there is room, sends it, and
 * records each outcome. Lanes take turns, so that one with a long queue does not starve the others.
 */
export function createDeliverer(needs: DeliverNeeds): Deliverer {
  const { commit, clock, journal, meter } = needs
  const lanes = new Map<string, Lane>()
  const rate = createRate(needs.perSecond, clock)
  /** Outcomes that the database did not take yet. While there are any, nothing new is started. */
  let unrecorded: { lane: Lane; call: SettleCall }[] = []
  let onWire = 0
  let isClaiming = false
  let isStopping = false
  let hasEnding = true

  function pump(seek: number): void {
    if (isClaiming || unrecorded.length > 0) return
    const now = clock.now()
    const asked = isStopping ? [] : chooseLanes(now)
    const giveBack = idleLanes(now)
    if (asked.length === 0 && giveBack.length === 0 && seek === 0) return
    isClaiming = true
    const call = {
      owner: needs.processId,
      aliveSince: now - needs.leaseMs,
      now,
      lanes: asked.map(({ lane, limit }) => ({ endpointId: lane.endpointId, limit, inHand: [...lane.inHand] })),
      giveBack: giveBack.map(({ endpointId, generation }) => ({ endpointId, generation: generation ?? 0 })),
      seek: isStopping ? 0 : seek,
      maxDataBytes: claimDataBytes,
    }
    commit(claimLanes, call)
      .then(({ taken, seen }) => {
        for (const each of taken) begin(each)
        wakeLanes(seen)
      })
      .catch((error) => {
        if (!(error instanceof StoreUnavailable)) journal.error('claim.failed', { error })
        for (const { lane } of asked) dueAt(lane, clock.now())
      })
      .finally(() => {
        isClaiming = false
        // Lanes that still have due work go on at once; a database that is gone is asked again by the next tick.
        if (chooseLanes(clock.now()).length > 0) setImmediate(pump, 0)
      })
  }

  /** The lanes that have due work and room, longest waiting first, and how much each may take. */
  function chooseLanes(now: number): { lane: Lane; limit: number }[] {
    const room = Math.min(needs.concurrency - onWire, rate.available())
    if (room <= 0) return []
    const wanting: Lane[] = []
    for (const lane of lanes.values()) {
      if (lane.nextDue !== null && lane.nextDue <= now && roomOf(lane) > 0) wanting.push(lane)
      if (wanting.length === Math.min(lanesPerClaim, room)) break
    }
    const share = Math.max(1, Math.floor(room / Math.max(1, wanting.length)))
    return wanting.map((lane) => ({ lane, limit: Math.min(roomOf(lane), share) }))
  }

  function idleLanes(now: number): Lane[] {
    const idle: Lane[] = []
    for (const lane of lanes.values()) {
      if (lane.inHand.size > 0) continue
      const hasWorkSoon = lane.nextDue !== null && lane.nextDue <= now + keepIdleMs
      lane.idleSince = hasWorkSoon ? null : (lane.idleSince ?? now)
      if (isStopping || (lane.idleSince !== null && now - lane.idleSince >= keepIdleMs)) idle.push(lane)
    }
    for (const lane of idle) lanes.delete(lane.endpointId)
    return idle.filter((lane) => lane.generation !== undefined)
  }

  function begin({ endpointId, generation, endpoint, due, nextDue }: LaneTaken): void {
    const lane = lanes.get(endpointId)
    if (!lane) return
    if (generation === undefined || !endpoint) {
      // Another process's, or its endpoint takes nothing now: it goes back with the next claim.
      lane.nextDue = null
      lane.idleSince = 0
      if (generation === undefined) lane.generation = undefined
      hasEnding = true
      return
    }
    if (lane.generation !== generation) journal.info('lane.taken', { endpoint: endpointId, generation })
    lane.generation = generation
    lane.concurrency = endpoint.concurrency
    lane.nextDue = nextDue
    // To the end of the line: the others come first the next time.
    lanes.delete(endpointId)
    lanes.set(endpointId, lane)
    for (const delivery of due) void send(lane, delivery, endpoint, generation)
  }

  async function send(lane: Lane, delivery: DueDelivery, endpoint: Endpoint, generation: number): Promise<void> {
    if (lane.inHand.has(delivery.id)) return
    lane.inHand.add(delivery.id)
    lane.onWire++
    onWire++
    rate.take()
    meter.set('trunkline_on_wire', onWire)
    try {
      const call = await attempt(delivery, endpoint, generation, needs)
      noteAttempt(delivery, call)
      release(lane)
      await record(lane, call)
    } catch (error) {
      release(lane)
      // The event could not be read. Nothing was sent; it is due as before and is tried again with the next claim.
      lane.inHand.delete(delivery.id)
      dueAt(lane, clock.now() + 1000)
      if (!(error instanceof StoreUnavailable))
        journal.error('attempt.failed', { error: error as Error, delivery: delivery.id })
    }
  }

  function release(lane: Lane): void {
    lane.onWire--
    onWire--
    meter.set('trunkline_on_wire', onWire)
    pump(0)
  }

  async function record(lane: Lane, call: SettleCall): Promise<void> {
    try {
      const isRecorded = await commit(settleAttempt, call)
      lane.inHand.delete(call.attempt.deliveryId)
      if (!isRecorded)
        journal.warn('attempt.late', {
          delivery: call.attempt.deliveryId,
          endpoint: lane.endpointId,
          generation: call.generation,
        })
      if (call.disable) hasEnding = true
      if (call.status === 'pending') dueAt(lane, call.dueAt)
    } catch (error) {
      if (!(error instanceof StoreUnavailable))
        journal.error('attempt.unrecorded', { error: error as Error, delivery: call.attempt.deliveryId })
      unrecorded.push({ lane, call })
    }
    if (lane.nextDue !== null) pump(0)
  }

  function noteAttempt(delivery: DueDelivery, { attempt: made, status, dueAt: next }: SettleCall): void {
    meter.add('trunkline_attempts_total', 1, { cause: made.cause ?? '' })
    meter.set('trunkline_attempt_seconds', made.timing.totalMs / 1000)
    if (status === 'success') meter.set('trunkline_delivered_seconds', (clock.now() - delivery.receivedAt) / 1000)
    journal.info('attempt', {
      delivery: delivery.id,
      event: delivery.eventId,
      request: delivery.requestId,
      number: made.number,
      status: made.status,
      cause: made.cause,
      ms: Math.round(made.timing.totalMs),
      ...(status === 'pending' ? { nextAt: new Date(next).toISOString() } : {}),
    })
  }

  function wakeLanes(endpointIds: readonly string[]): void {
    const now = clock.now()
    for (const endpointId of endpointIds) {
      const lane = lanes.get(endpointId) ?? newLane(endpointId)
      lanes.set(endpointId, lane)
      dueAt(lane, now)
    }
    if (endpointIds.length > 0) pump(0)
  }

  function recordAgain(): void {
    const again = unrecorded
    unrecorded = []
    for (const { lane, call } of again) void record(lane, call)
  }

  async function endLanes(): Promise<void> {
    hasEnding = false
    try {
      while ((await commit(retireLanes, { now: clock.now() })) > 0 && !isStopping);
    } catch {
      hasEnding = true
    }
  }

  return {
    wake(endpointIds) {
      if (!isStopping) wakeLanes(endpointIds)
    },
    tick() {
      if (unrecorded.length > 0) recordAgain()
      if (hasEnding && !isStopping) void endLanes()
      pump(isStopping ? 0 : lanesPerClaim)
    },
    async drain() {
      isStopping = true
      while (!this.isIdle() || lanes.size > 0) {
        if (unrecorded.length > 0) recordAgain()
        pump(0)
        await new Promise((resolve) => setTimeout(resolve, 10))
      }
    },
    isIdle: () =>
      onWire === 0 && unrecorded.length === 0 && [...lanes.values()].every((lane) => lane.inHand.size === 0),
  }
}
