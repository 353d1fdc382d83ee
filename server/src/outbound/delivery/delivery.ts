import type { DeliveryCause } from './delivery-causes.ts'

/** One event on its way to one endpoint. */
export interface Delivery {
  id: string
  workspaceId: string
  customer: string | null
  endpointId: string
  eventId: string
  eventType: string
  /** As stored: `waiting` stands behind another one of its key; `pending` is due or will be; the rest are ends. */
  status: DeliveryStatus
  /** When the next attempt may start; of an ended delivery, when it ended. */
  dueAt: number
  /** Attempts made so far, over all retries. */
  attempts: number
  /** The last attempt's cause, or why it ended; null after a success and before the first attempt. */
  cause: DeliveryCause | null
  createdAt: number
  endedAt: number | null
  /** The key in whose order it stands: empty for that of its whole endpoint, null when it stands in none. */
  orderKey: string | null
  /** Whether a process holds its lane now, so that what is due in it is being sent. */
  isLaneHeld: boolean
}

export type DeliveryStatus = 'pending' | 'waiting' | 'success' | 'failed'

/** One try at a delivery: what was sent when, and what came back. */
export interface Attempt {
  id: string
  deliveryId: string
  /** 1 for the first. */
  number: number
  startedAt: number
  status: number | null
  /** Null when it succeeded. */
  cause: DeliveryCause | null
  /** One sentence on the cause. */
  detail: string | null
  timing: {
    dnsMs: number | null
    connectMs: number | null
    tlsMs: number | null
    firstByteMs: number | null
    totalMs: number
  }
  responseHeaders: readonly (readonly [string, string])[]
  /** The beginning of the answer as text that can be stored and shown: at most 16 KiB, what is no text replaced. */
  responseBody: string
  isTruncated: boolean
  /** What was signed; absent when there was nothing to send. */
  signed?: SignedText
  /** When the next attempt was due after this one; absent when the delivery had ended. */
  nextDueAt?: number
  /** When the answer was removed, by age or on demand. */
  erasedAt?: number
}

/** What an attempt signed, so that a receiver's own reckoning can be compared with it. */
export interface SignedText {
  /** The time in the signature, in seconds, by this machine's clock. */
  timestamp: number
  /** The SHA-256 of the exact text that was signed (`id.timestamp.body` in the standard dialect), in hexadecimal. */
  sha256: string
}
