import type { Page } from '../../base/page.ts'
import type { EventHead } from '../../events/event.ts'
import type { Delivery } from '../delivery/delivery.ts'
import { type DeliveryCause, deliveryCauses } from '../delivery/delivery-causes.ts'
import type { Endpoint } from '../endpoint/endpoint.ts'

/** The key in whose order an endpoint gets an event; null when it gets it as soon as it can be sent. */
export function orderKeyOf(
  { ordering }: Pick<Endpoint, 'ordering'>,
  event: Pick<EventHead, 'orderKey'>,
): string | null {
  if (ordering === 'none') return null
  // Nobody's own key is empty, so those of the whole endpoint stand in a line of their own.
  return ordering === 'endpoint' ? '' : event.orderKey || null
}

/** Whether what stands behind one that failed for good waits for somebody: not when nobody could send it, as when its event is gone. */
export const isBlocking = (cause: DeliveryCause | null): boolean =>
  cause !== null && deliveryCauses[cause].fault !== 'nobody'

/** The deliveries of one key of an endpoint, which go one after the other in the order of the log. */
export interface Line {
  endpointId: string
  orderKey: string
}

/** A delivery that failed for good while others of its key stand behind it, or may come to. */
export interface BlockedKey {
  orderKey: string
  deliveryId: string
  eventId: string
  eventType: string
  cause: DeliveryCause | null
  attempts: number
  /** Since when, in milliseconds. */
  blockedAt: number
  /** How many wait behind it, counted only so far: there may be a million. */
  waiting: number
}

export interface OrderReads {
  /** What holds up keys of an endpoint, the oldest delivery first. A position is a delivery's id. */
  blockedKeys(workspaceId: string, endpointId: string, page: Page, countTo: number): Promise<readonly BlockedKey[]>
}

/**
 * Deliveries of one key go one after the other. The first is `pending` and the others `waiting`; whatever ends the first
 * lets the next one go in the same transaction.
 */
export interface OrderStore extends OrderReads {
  /** Keeps everybody else from changing what is ordered in these lanes until the commit. Who needs several asks once. */
  hold(endpointIds: readonly string[]): Promise<void>
  /**
   * Ends a delivery that is unfinished in an order, or failed and holds up its key, and lets the next one go. Undefined when
   * there is none such of that id.
   */
  skip(workspaceId: string, id: string, now: number): Promise<Delivery | undefined>
  /** Skips at most `limit` of those that have held up their key since before then; answers them as they were. */
  skipBlocked(before: number, now: number, limit: number): Promise<readonly Delivery[]>
}
