import type { LookedPage, Page } from '../../base/page.ts'
import type { Endpoint } from '../endpoint/endpoint.ts'
import type { OrderReads, OrderStore } from '../order/order.ts'
import type { Attempt, Delivery, DeliveryStatus } from './delivery.ts'
import type { DeliveryCause } from './delivery-causes.ts'
import type { DerivedState } from './delivery-state.ts'

export interface DeliveryReads extends OrderReads {
  /** With `endpointsOf`, only if it goes to an endpoint of that customer. */
  read(workspaceId: string, id: string, endpointsOf?: string): Promise<Delivery | undefined>
  /** Newest first. Looks through so much and no more. */
  list(workspaceId: string, filter: DeliveryFilter, page: Page): Promise<LookedPage<Delivery>>
  /**
   * The deliveries behind a place that are meant, in the order in which they were made and, of those made together, of the
   * log; at most `limit`. One call looks at so many rows that it is answered soon, so it may find few or none and still not
   * be at the end.
   */
  scan(workspaceId: string, span: DeliverySpan, after: string | null, limit: number): Promise<DeliveryScan>
  /** The same from the newest on backwards; the place is an id. */
  scanBack(workspaceId: string, span: DeliverySpan, before: string | null, limit: number): Promise<DeliveryScan>
  /** Those of these events that have a delivery to this endpoint, by event. */
  ofEvents(workspaceId: string, endpointId: string, eventIds: readonly string[]): Promise<readonly DeliveryMark[]>
  /** Up to when an endpoint's deliveries may have been cleaned away: what was made before then and is not there; 0 for none. */
  cleanedUpTo(endpointId: string): Promise<number>
  /** In the order made. */
  attempts(workspaceId: string, deliveryId: string): Promise<readonly Attempt[]>
}

export interface DeliveryFilter {
  endpointId?: string
  eventId?: string
  /** An exact event type, or `prefix.*`. */
  eventType?: string
  status?: DeliveryStatus
  /** What `pending` is shown as. */
  state?: DerivedState
  cause?: DeliveryCause
  /** Whose the event is. */
  customer?: string
  /** Whose the endpoint is, also when it has been deleted. */
  endpointsOf?: string
  /** When the delivery was made: milliseconds, inclusive. */
  from?: number
  /** Milliseconds, exclusive. */
  to?: number
}

/** Which deliveries are meant. */
export interface DeliverySpan extends Omit<DeliveryFilter, 'eventId' | 'status'> {
  statuses: readonly DeliveryStatus[]
  customer?: string
}

/** A delivery as a scan finds it. */
export interface DeliveryMark extends Omit<Delivery, 'workspaceId' | 'dueAt' | 'isLaneHeld'> {
  /** The place of its event in the log. */
  eventSeq: number
}

/** A part of the deliveries. */
export interface DeliveryScan {
  found: readonly DeliveryMark[]
  /** The last place that was looked at: the next part begins behind it. */
  last: string | null
  /** There is nothing behind it. */
  isEnd: boolean
}

/** A delivery about to be made. */
export interface NewDelivery {
  id: string
  workspaceId: string
  customer: string | null
  endpointId: string
  eventId: string
  eventSeq: number
  eventType: string
  createdAt: number
  /** The key in whose order it is sent; null when it is sent as soon as it can be. See `orderKeyOf`. */
  orderKey: string | null
}

/** A due delivery with what an attempt needs. */
export interface DueDelivery {
  id: string
  eventId: string
  eventType: string
  requestId: string | null
  workspaceId: string
  /** Attempts made over all retries, and since it was last started by hand: the retry schedule counts the latter. */
  attempts: number
  tries: number
  receivedAt: number
  /** The event's exact JSON text; null when it has none, or when it is larger than the claim may carry. */
  data: string | null
  dataBytes: number
  orderKey: string | null
  /** How often the event has come through deliveries before; left out for never. */
  hops?: number
}

/** Deliveries of a lane that have just been made. */
export interface FreshWork {
  endpointId: string
  due: readonly DueDelivery[]
  /** The lane has got no others. */
  isAll: boolean
}

/** What is wanted of a lane: at most so much, oldest due first, without what its owner has in hand already. */
export interface WantedWork {
  endpointId: string
  limit: number
  inHand: readonly string[]
}

export interface LaneClaim {
  /** The endpoint as it is now; undefined when it takes no deliveries at the moment. */
  endpoint: Endpoint | undefined
  due: readonly DueDelivery[]
  /** When the lane's next work is due that is not in `due`; null when there is none. */
  nextDue: number | null
}

/** How an attempt ended and what follows from it. */
export interface Settlement {
  endpointId: string
  generation: number
  workspaceId: string
  attempt: Attempt
  /** The delivery's next state. `dueAt` is the next attempt's time while it is pending. */
  status: DeliveryStatus
  dueAt: number
  tries: number
  /** The delivery's own: when it ends, the next one of that key goes. */
  orderKey: string | null
  /** It has failed for good, and what comes after it in its key waits for somebody. */
  blocksKey: boolean
  /** What the owner has learned of the endpoint, kept with the lane; left out when the lane has it already. */
  condition?: string | null
}

/** Deliveries that were unfinished for too long. */
export interface Expired {
  ended: readonly Delivery[]
  /** There are no more of them now, or another process is at it. */
  isDone: boolean
}

export interface DeliveryStore extends DeliveryReads, OrderStore {
  /**
   * Adds deliveries; one that exists already (same event, same endpoint) is left as it is. One with an order key waits while
   * another one of its key is unfinished, or failed and holds it up.
   */
  add(deliveries: readonly NewDelivery[]): Promise<number>
  /** What it takes to send deliveries that are just being made; of those whose events have more data than that, nothing. */
  fresh(deliveries: readonly NewDelivery[], maxDataBytes: number): Promise<readonly DueDelivery[]>
  /** The due work of lanes. Data above `maxDataBytes` is left out. */
  claim(
    wanted: readonly WantedWork[],
    now: number,
    maxDataBytes: number,
  ): Promise<ReadonlyMap<string, Omit<LaneClaim, 'endpoint'>>>
  /**
   * Records attempts and the states that follow. An attempt made under a generation that has moved on changes nothing:
   * its delivery is the new owner's. Answers for each whether it was recorded.
   */
  settle(settlements: readonly Settlement[]): Promise<readonly boolean[]>
  /**
   * Makes a delivery due at once with a new round of tries, or as soon as it is its turn where it is in order; undefined when
   * the workspace has none of that id.
   */
  restart(workspaceId: string, id: string, now: number): Promise<Delivery | undefined>
  /**
   * The same for many: those that are in one of these states now. Answers the ids of those that were begun anew.
   */
  restartAll(
    workspaceId: string,
    ids: readonly string[],
    statuses: readonly DeliveryStatus[],
    now: number,
  ): Promise<readonly string[]>
  /** Ends those of these that are unfinished; answers how many. */
  endAll(workspaceId: string, ids: readonly string[], cause: DeliveryCause, now: number): Promise<number>
  /**
   * Removes those of these that have ended, with their attempts, and remembers for their endpoints until when deliveries
   * were cleaned away; answers how many.
   */
  removeAll(workspaceId: string, ids: readonly string[]): Promise<number>
  /**
   * Ends at most `limit` unfinished deliveries of an endpoint, those that wait before those that others wait for, and lets
   * go of the keys that are held up; answers how many rows that were.
   */
  end(endpointId: string, cause: DeliveryCause, now: number, limit: number): Promise<number>
  /**
   * Ends some of the deliveries that were made, or last begun anew, before then and are unfinished: `EXPIRED`. Goes on where
   * the last call ended.
   */
  expire(before: number, now: number): Promise<Expired>
}
