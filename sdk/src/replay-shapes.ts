import type { DeliveryStatus } from './shapes.ts'

/** Which deliveries are meant; all of the workspace when it says nothing. Times are ISO 8601 with a zone. */
export interface DeliveryChoice {
  endpointId?: string
  /** An exact type, or `prefix.*`. */
  type?: string
  cause?: string
  customer?: string
  /** Of the event. */
  orderKey?: string
  /** A filter expression over the event, such as `{ 'data.amount': { $gte: 100 } }`. */
  where?: Record<string, unknown>
  /** When the delivery was made, or an event without one was received. */
  from?: string
  to?: string
}

/** Which deliveries are sent again. */
export interface ReplayFilter extends DeliveryChoice {
  /** `failed` ones when left out. */
  status?: ('failed' | 'success' | 'pending')[]
  /** `missed`, with an `endpointId`: also the events that it would get today and has no delivery of. */
  include?: 'missed'[]
}

/** Which unfinished deliveries are cancelled. */
export interface CancelFilter extends DeliveryChoice {
  status?: ('pending' | 'waiting')[]
}

/** Which deliveries that have ended are removed: by age, by count, or by both. */
export interface Cleaning {
  endpointId?: string
  /** Both when left out. */
  status?: ('success' | 'failed')[]
  endedBefore?: string
  /** How many of the newest stay. */
  keep?: number
}

/** How many are meant. */
export interface CountPlan {
  count: number
  /** There are more than `count`: counting all would have taken too long. */
  isAtLeast: boolean
}

/** How many are meant, and the first ten. */
export interface ReplayPlan extends CountPlan {
  /** How many of them are events without a delivery. */
  missed: number
  sample: {
    /** Null for an event without a delivery. */
    deliveryId: string | null
    endpointId: string
    eventId: string
    eventType: string
    customer: string | null
    status: DeliveryStatus | null
    cause: string | null
    attempts: number
    at: string
  }[]
}

/** What an endpoint has missed since a time. */
export interface Missed extends ReplayPlan {
  /** From when on it was looked: later than asked where deliveries are not kept that long. */
  since: string
  failed: number
}
