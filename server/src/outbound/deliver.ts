import type { Commit } from '../base/command.ts'
import { StoreUnavailable } from '../base/errors.ts'
import type { Log } from '../base/log.ts'
import type { Meter } from '../base/meter.ts'
import { type AttemptNeeds, attempt } from './attempt.ts'
import { mayStart, spend } from './condition/condition.ts'
import { probeAsked, readCondition } from './condition/saved.ts'
import { conclude, unsaved } from './delivery/conclude.ts'
import type { DueDelivery, FreshWork } from './delivery/delivery-store.ts'
import { createRecorder } from './delivery/record.ts'
import { createRetirement } from './delivery/retire.ts'
import type { SettleCall } from './delivery/settle.ts'
import { type ClaimCall, claimLanes, type LaneTaken } from './lane/claim.ts'
import { createHandOver } from './lane/hand-over.ts'
import { createHeldLanes, type Turn } from './lane/held-lanes.ts'
import { adjust, type Lane } from './lane/lane.ts'
import type { FoundLane, HeldLane, LaneReads } from './lane/lane-store.ts'
import { createPlaces } from './lane/places.ts'
import { createReady } from './lane/ready.ts'
import { createShare } from './lane/share.ts'
import { createPauseWatch } from './lane/watch-pause.ts'
import { createRate } from './rate.ts'

export interface DeliverNeeds extends AttemptNeeds {
  commit: Commit
  journal: Log
  meter: Meter
  /** The name under which this process holds lanes. */
  processId: string
  /** Who delivers beside this process or can change endpoints, and whether its lanes are still its own for certain. */
  membership: { isLeased(): boolean; others(role: 'deliver' | 'api'): number }
  lanes: LaneReads
  /** Hears of lanes that may be another process's now. */
  onGivenBack(endpointIds: readonly string[]): void
  /** Attempts on the wire at once, over all endpoints. */
  concurrency: number
  /** Attempts that this process may start per second, over all endpoints; undefined: as fast as they go. */
  perSecond(): number | undefined
}

/** Sends what is due. */
export interface Deliverer {
  /** There is new work in these lanes. Answers those that are not in the hands of this process. */
  wake(endpointIds: readonly string[]): string[]
  /** Takes deliveries that were just made, without asking for them again. Answers the lanes that have theirs. */
  hand(fresh: readonly FreshWork[]): ReadonlySet<string>
  /** How many deliveries of one lane could be handed over now, at the most. */
  takes(): number
  /** These endpoints have changed: what waits to be sent to them is looked at again. */
  review(endpointIds: readonly string[]): void
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
/** How long a lane that another process had is left alone, unless it is found without an owner. */
const elsewhereMs = 1000
/** How long work is left alone that could not be read. */
const restMs = 1000

/**
 * The delivery engine of one process. It holds lanes, claims their due work as far as there is room, sends it, and
 * records each outcome. Lanes take turns, so that one with a long queue does not starve the others.
 */
export function createDeliverer(needs: DeliverNeeds): Deliverer {
  const { commit, clock, journal, meter } = needs
  const others = () => needs.membership.others('deliver')
  const held = createHeldLanes(clock, others)
  const rate = createRate(needs.perSecond, clock)
  const retirement = createRetirement(needs)
  const recorder = createRecorder({ commit, clock, journal, onRecorded })
  const places = createPlaces(needs.concurrency)
  const ready = createReady({
    isOpen: () => !isStopping && isSure() && places.free() > 0 && rate.available() > 0,
    hasPlace: (lane) => places.hasPlace(lane) && mayStart(lane.condition, rateOf(lane), clock.now()) > 0,
    send: (lane, delivery) => void send(lane, delivery),
  })
  const share = createShare({
    ...needs,
    held,
    others,
    letGo,
    review,
  })
  const handOver = createHandOver({
    ...{ held, ready, clock },
    starts: () => Math.min(places.free(), rate.available()),
    free: places.free,
    // A process that is alone hears of every change; and that it was seen to answer, an endpoint learns once.
    isKnown: ({ endpoint }) => endpoint?.verifiedAt !== null && needs.membership.others('api') === 0,
  })
  const pauses = createPauseWatch({ ...needs, held, review })
  /** Lanes that another process had when they were last asked for, and until when that is believed. */
  const elsewhere = new Map<string, number>()
  let resting: { lane: Lane; deliveryId: string; until: number }[] = []
  let isClaiming = false
  let isStopping = false
  /** Set when the lanes may have become others' while this process was stopped or cut off. */
  let isDoubtful = false
  /** A claim that sought lanes was not answered: it may have taken some. */
  let isUnsure = false
  /** Set by each tick: the next claim also gives back idle lanes and looks for lanes that nobody holds. */
  let isLooking = false

  /** Whether the lanes in our hands are ours for certain. Once in doubt, all is asked for anew before anything is sent. */
  function isSure(): boolean {
    if (!needs.membership.isLeased()) isDoubtful = true
    return !isDoubtful
  }

  function endDoubt(): void {
    if (isSure()) return
    for (const lane of held.all()) review(lane)
    isDoubtful = !needs.membership.isLeased()
  }

  function pump(): void {
    if (isClaiming || recorder.isStuck() || !isSure()) return
    const free = places.free()
    const starts = isStopping ? 0 : Math.min(free, rate.available())
    const turns = held.takeTurns({ free, starts }, lanesPerClaim)
    const idle = isLooking ? held.takeIdle(isStopping) : []
    const seek = share.seek(isLooking ? Math.min(starts, lanesPerClaim) : 0)
    isLooking = false
    if (turns.length === 0 && idle.length === 0 && seek.limit === 0) return
    isClaiming = true
    for (const { lane } of turns) lane.changes.asked = lane.changes.told
    handOver.beginClaim(turns.map(({ lane }) => lane))
    claim(turns, idle, seek).then((isAnswered) => {
      isClaiming = false
      handOver.endClaim()
      // What is left goes on at once; a database that did not answer is asked again by the next tick.
      if (isAnswered) setImmediate(pump)
    })
  }

  async function claim(turns: readonly Turn[], idle: readonly Lane[], seek: ClaimCall['seek']): Promise<boolean> {
    const now = clock.now()
    const giveBack = idle.flatMap((lane) => {
      const { endpointId, generation, sleepsUntil } = lane
      if (generation === undefined) return []
      const condition = unsaved(lane, now)
      return [{ endpointId, generation, sleepsUntil, ...(condition === undefined ? {} : { condition }) }]
    })
    try {
      const { taken, found } = await commit(claimLanes, {
        owner: needs.processId,
        now,
        lanes: turns.map(({ lane, limit }) => ({
          endpointId: lane.endpointId,
          limit,
          inHand: [...lane.inHand],
          isHeld: lane.generation !== undefined,
        })),
        giveBack,
        seek,
        ...(isUnsure ? { isUnsure } : {}),
        maxDataBytes: claimDataBytes,
      })
      isUnsure = false
      for (const each of taken) begin(each, now)
      ready.start()
      if (giveBack.length > 0) needs.onGivenBack(idsOf(giveBack))
      for (const each of found) take(each)
      return true
    } catch (error) {
      if (!(error instanceof StoreUnavailable)) journal.error('claim.failed', { error: error as Error })
      for (const { lane } of turns) held.due(lane, now)
      held.putBack(idle)
      isUnsure ||= seek.limit > 0
      return false
    }
  }

  /** A lane that was free is ours; the next claim brings its work. */
  function take({ endpointId, generation, condition, workspaceId, customer }: FoundLane): void {
    if (held.has(endpointId)) return
    const lane = Object.assign(held.of(endpointId), { workspaceId, customer })
    journal.info('lane.taken', { endpoint: endpointId, generation })
    lane.generation = generation
    know(lane, condition)
    held.due(lane, clock.now())
  }

  /** What is known of the lane's endpoint is what its last owner had learned. */
  function know(lane: Lane, text: string | null): void {
    lane.condition = readCondition(text)
    lane.saved = { text, at: clock.now() }
    adjust(lane, clock.now())
  }

  /** Somebody asked for a probe, and wrote so beside what we have kept. */
  function hearAsked(lane: Lane, text: string | null): void {
    const at = text === null || text === lane.saved.text ? undefined : probeAsked(text, lane.condition)
    if (at === undefined || !lane.condition.breaker) return
    lane.condition.breaker = { ...lane.condition.breaker, until: at, askedAt: at }
  }

  /** What was claimed as of `now`. */
  function begin({ endpointId, generation, endpoint, due, nextDue, condition }: LaneTaken, now: number): void {
    const lane = held.of(endpointId)
    // The endpoint was set right by somebody, and the lane was told to forget.
    const isForgotten = condition === null && endpoint?.updatedAt !== lane.endpoint?.updatedAt
    if (generation !== lane.generation) know(lane, condition)
    else if (isForgotten && lane.saved.text !== null) know(lane, null)
    else hearAsked(lane, condition)
    if (generation !== undefined && generation !== lane.generation) {
      journal.info('lane.taken', { endpoint: endpointId, generation })
      // Claimed under a generation that is over: it is due as before.
      if (ready.drop(lane)) held.due(lane, clock.now())
    }
    lane.generation = generation
    if (generation !== undefined && lane.changes.asked < lane.changes.told) {
      // It was asked for before the endpoint was changed, and whoever changed it may have had his answer.
      held.due(lane, clock.now())
      return
    }
    lane.changes.known = lane.changes.asked
    lane.claimedAt = clock.elapsed()
    lane.endpoint = endpoint
    if (generation === undefined || !endpoint) {
      ready.drop(lane)
      if (generation === undefined) elsewhere.set(endpointId, clock.elapsed() + elsewhereMs)
      // Another process's, or its endpoint takes nothing now. It leaves our hands, unless it was woken meanwhile.
      lane.idleSince = Number.NEGATIVE_INFINITY
      if (generation !== undefined) retirement.wake()
    } else {
      Object.assign(lane, { workspaceId: endpoint.workspaceId, customer: endpoint.customer })
      adjust(lane, clock.now())
      // Due work of which nothing can be sent (its events are gone) is not asked for again at once. What only becomes due is:
      // a clock that was set right a little may be behind the time at which the work was made.
      lane.isBehind = nextDue !== null && nextDue <= now
      const isStuck = due.length === 0 && nextDue !== null && nextDue <= now
      if (nextDue !== null) held.due(lane, isStuck ? clock.now() + restMs : nextDue)
      // It was taken over from somebody who knew that the endpoint is to be left alone.
      if (lane.sleepsUntil > clock.now() && due.length > 0) held.due(lane, clock.now())
      else if (!isStopping) ready.add(lane, handOver.notGiven(lane, due))
    }
    held.note(lane)
  }

  async function send(lane: Lane, delivery: DueDelivery): Promise<void> {
    const { endpoint, generation } = lane
    if (!endpoint || generation === undefined) return
    lane.onWire++
    rate.take()
    spend(lane.condition)
    places.take(lane)
    meter.set('trunkline_on_wire', places.taken())
    const made = await attempt(delivery, endpoint, generation, needs).catch((error: Error) => error)
    lane.onWire--
    places.leave(lane)
    meter.set('trunkline_on_wire', places.taken())
    if (made instanceof Error) rest(lane, delivery, made)
    else {
      const ended = lane.generation === generation ? conclude(lane, made, clock.now()) : made
      // What waits for an endpoint that wants nothing any more is not sent to it, unless it has another URL by now.
      if (ended.disable && ended.disable.url === lane.endpoint?.url) {
        ready.drop(lane)
        lane.endpoint = undefined
      } else if (lane.sleepsUntil > clock.now()) letGo(lane)
      noteAttempt(delivery, ended, needs)
      // Its lane takes one at a time, or others of its key wait behind it.
      recorder.record(ended, { isAwaited: lane.concurrency === 1 || delivery.orderKey !== null })
    }
    ready.note(lane)
    ready.start()
    held.note(lane)
    pump()
  }

  /** Nothing was sent, because the event could not be read. It stays in hand for a moment, so that it is not claimed again at once. */
  function rest(lane: Lane, { id: deliveryId }: DueDelivery, error: Error): void {
    if (!(error instanceof StoreUnavailable)) journal.error('attempt.failed', { error, delivery: deliveryId })
    resting.push({ lane, deliveryId, until: clock.elapsed() + restMs })
  }

  function endRests(all: boolean): void {
    const elapsed = clock.elapsed()
    const over = resting.filter(({ until }) => all || until <= elapsed)
    resting = resting.filter((each) => !over.includes(each))
    for (const { lane, deliveryId } of over) {
      lane.inHand.delete(deliveryId)
      held.due(lane, clock.now())
    }
  }

  function onRecorded({ attempt: { deliveryId }, endpointId, ...call }: SettleCall, isRecorded: boolean): void {
    const lane = held.of(endpointId)
    lane.inHand.delete(deliveryId)
    if (call.disable) retirement.wake()
    // The next claim would say so too; until then nothing could be handed over.
    if (isRecorded && call.verified !== undefined && call.verified === lane.endpoint?.url)
      lane.endpoint = { ...lane.endpoint, verifiedAt: lane.endpoint.verifiedAt ?? clock.now() }
    if (!isRecorded) {
      // The lane was another's meanwhile. Whose it is now, and what is due in it, the next claim tells.
      journal.warn('attempt.late', { delivery: deliveryId, endpoint: endpointId, generation: call.generation })
      held.due(lane, clock.now())
    } else if (call.status === 'pending') held.due(lane, call.dueAt)
    // Its end has made the next one of its key due.
    else if (call.orderKey !== null) held.due(lane, clock.now())
    held.note(lane)
    pump()
  }

  const isIdle = () => places.taken() === 0 && recorder.isIdle()

  /** What was let go of is due as before: the lane may be called back. */
  function letGo(lane: Lane): void {
    if (ready.drop(lane)) held.due(lane, clock.now())
  }

  function review(lane: Lane): void {
    ready.drop(lane)
    lane.changes.told++
    // The next claim tells whether it is still to be left alone.
    lane.sleepsUntil = 0
    held.due(lane, clock.now())
  }

  function tick(): void {
    retirement.tick()
    recorder.recordAgain()
    endRests(isStopping)
    endDoubt()
    share.tick()
    pauses.tick()
    for (const [endpointId, until] of elsewhere) if (until <= clock.elapsed()) elsewhere.delete(endpointId)
    ready.start()
    held.noteAll()
    isLooking = true
    pump()
  }

  return {
    wake(endpointIds) {
      if (isStopping) return [...endpointIds]
      const now = clock.now()
      const missing: string[] = []
      for (const endpointId of endpointIds) {
        if (held.has(endpointId) || (share.hasRoom() && !elsewhere.has(endpointId))) held.due(held.of(endpointId), now)
        else missing.push(endpointId)
      }
      pump()
      return missing
    },
    hand(fresh) {
      const given = isStopping || !isSure() ? [] : handOver.give(fresh)
      ready.start()
      return new Set(given)
    },
    takes: () => (isStopping || !isSure() ? 0 : handOver.takes()),
    review(endpointIds) {
      for (const endpointId of endpointIds) if (held.has(endpointId)) review(held.of(endpointId))
      retirement.wake()
      pump()
    },
    tick,
    async drain() {
      isStopping = true
      for (const lane of held.all()) ready.drop(lane)
      await retirement.stop()
      while (!isIdle() || isClaiming || held.size > 0) {
        tick()
        await new Promise((resolve) => setTimeout(resolve, 10))
      }
    },
    isIdle,
  }
}

function noteAttempt(
  { id, eventId, requestId, receivedAt }: DueDelivery,
  { attempt: made, status, dueAt }: SettleCall,
  { clock, journal, meter }: DeliverNeeds,
): void {
  meter.add('trunkline_attempts_total', 1, { cause: made.cause ?? '' })
  meter.set('trunkline_attempt_seconds', made.timing.totalMs / 1000)
  if (status === 'success') meter.set('trunkline_delivered_seconds', (clock.now() - receivedAt) / 1000)
  journal.info('attempt', {
    delivery: id,
    event: eventId,
    request: requestId,
    number: made.number,
    status: made.status,
    cause: made.cause,
    ms: Math.round(made.timing.totalMs),
    ...(status === 'pending' ? { nextAt: new Date(dueAt).toISOString() } : {}),
  })
}

const rateOf = ({ endpoint }: Lane) => endpoint?.rateLimit ?? null

const idsOf = (lanes: readonly HeldLane[]): string[] => lanes.map(({ endpointId }) => endpointId)
