import { type Condition, mayStart, newCondition, placesOf, sleepsUntil } from '../condition/condition.ts'
import type { DueDelivery } from '../delivery/delivery-store.ts'
import type { Endpoint } from '../endpoint/endpoint.ts'

/** A lane in the hands of this process. */
export interface Lane {
  endpointId: string
  /** The generation it is held with; undefined while it is not known to be ours. */
  generation: number | undefined
  /** The endpoint as the last claim found it. */
  endpoint: Endpoint | undefined
  /** Whose it is; undefined until the first claim tells. */
  workspaceId: string | undefined
  customer: string | null
  /** How many may be on the wire now: what the endpoint allows, or less while it does badly. */
  concurrency: number
  /** What is known of the endpoint, and the text of it that the database has. */
  condition: Condition
  saved: { text: string | null; at: number }
  /** Until when nothing is to start; in the past when something may. */
  sleepsUntil: number
  /** Attempts on the wire. */
  onWire: number
  /** Claimed deliveries that wait for a place on the wire. */
  ready: DueDelivery[]
  /** Deliveries that are claimed and whose outcome is not recorded yet: they must not be claimed again. */
  inHand: Set<string>
  /** When its next work is due; null when it has none that we know of. */
  nextDue: number | null
  /** The last claim left due work behind: what is new has to stand behind that. */
  isBehind: boolean
  /** When a claim last saw all that is due, on the clock that never jumps. */
  claimedAt: number
  /** How many changes of its endpoint were told, and how many of them the last claim and the last answer knew. */
  changes: { told: number; asked: number; known: number }
  /** Since when there has been nothing to do, on the clock that never jumps. */
  idleSince: number | null
  /** It is to be given to another process: nothing new is begun, and when nothing is in hand it is given back. */
  isLeaving: boolean
}

export function newLane(endpointId: string): Lane {
  return {
    endpointId,
    generation: undefined,
    endpoint: undefined,
    workspaceId: undefined,
    customer: null,
    concurrency: 1,
    condition: newCondition(),
    saved: { text: null, at: 0 },
    sleepsUntil: 0,
    onWire: 0,
    ready: [],
    inHand: new Set(),
    nextDue: null,
    isBehind: false,
    claimedAt: Number.NEGATIVE_INFINITY,
    changes: { told: 0, asked: 0, known: 0 },
    idleSince: null,
    isLeaving: false,
  }
}

/**
 * How many more deliveries the lane may claim. Beside those on the wire, others are waiting for their outcome's commit and
 * others for the next claim's, so four times what the wire takes are in hand at the most; none ahead for an endpoint that
 * takes one at a time. (With twice as many the wire ran dry: 15 % fewer events a second.) Fewer than may be on the wire are
 * not worth a claim. (With half as many, and with twice as many, an event took a tenth more of the processor on
 * PostgreSQL.) A slow database holds back new attempts before it fills the memory.
 */
export function roomOf({ concurrency, inHand, isLeaving, endpoint, condition, ready }: Lane, now: number): number {
  if (isLeaving) return 0
  const room = 4 * concurrency - 3 - inHand.size
  if (room < concurrency) return 0
  // Of an endpoint with a rate no more is claimed than may start.
  return endpoint?.rateLimit ? Math.min(room, mayStart(condition, endpoint.rateLimit, now) - ready.length) : room
}

/** When its next work may start; null when it has none that we know of. */
export function nextStart({ nextDue, sleepsUntil }: Lane): number | null {
  return nextDue === null ? null : Math.max(nextDue, sleepsUntil)
}

/** Sees anew how much may start, and when. To be called when the condition or the endpoint has changed. */
export function adjust(lane: Lane, now: number): void {
  const { condition, endpoint } = lane
  if (endpoint) {
    lane.concurrency = placesOf(condition, endpoint.concurrency)
    if (!endpoint.rateLimit) condition.tokens = undefined
  }
  lane.sleepsUntil = sleepsUntil(condition, endpoint?.rateLimit ?? null, now)
}

/** Notes that the lane has work due at a time. */
export function dueAt(lane: Lane, at: number): void {
  lane.nextDue = lane.nextDue === null ? at : Math.min(lane.nextDue, at)
  lane.idleSince = null
}
