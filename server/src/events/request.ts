import type { NewEvent } from './event.ts'

/**
 * What became of a request: `verified`; `unsigned` when its kind of source has no proof by design; `duplicate` when it
 * repeats an event with other bytes; `quarantined` when it was refused.
 */
export type RequestVerdict = 'verified' | 'unsigned' | 'duplicate' | 'quarantined'

/** A request as it was received. */
export interface ReceivedRequest {
  id: string
  workspaceId: string
  sourceId: string
  receivedAt: number
  method: string
  /** Path and query, secrets masked. */
  url: string
  /** Names and values in the order sent. */
  headers: readonly (readonly [string, string])[]
  /** The raw bytes; null where they were not kept. */
  body: Uint8Array | null
  bodyBytes: number
  senderAddress: string
  verdict: RequestVerdict
  /**
   * Why it was refused or made no event, such as STALE, UNPARSABLE, HELD or BODY_DIFFERS; or SHARED, when its events went
   * to several customers, so that the whole body is nobody's own.
   */
  cause: string | null
  /** One sentence on the cause, for the operator. */
  detail: string | null
  /** The request that this one repeats with other bytes. */
  repeatOf: string | null
  /** Milliseconds from its first line to the end of its body; null where nobody measured. */
  readMs: number | null
  /** Milliseconds that its proof took, and its parsing too where that was not measured apart. */
  verifyMs: number
  /** Milliseconds that parsing took; null where nothing was parsed or nobody measured. */
  parseMs: number | null
  /** When it was accepted after it had been refused at first. */
  acceptedAt: number | null
}

/** A request about to be appended, with the events cut from it. */
export interface NewRequest extends Omit<ReceivedRequest, 'repeatOf' | 'acceptedAt'> {
  events: readonly NewEvent[]
}

/** What of a request is needed to make its events. */
export type RequestEvents = Pick<NewRequest, 'id' | 'sourceId' | 'receivedAt' | 'body' | 'events'>

/** What the sender is told. A repeat is told what the first request was told. */
export interface Receipt {
  requestId: string
  eventIds: readonly string[]
  /** Whether anything new was stored as an event. */
  isRepeat: boolean
  /** The repeat had other bytes than the first. */
  bodyDiffers: boolean
  /** Its source is paused: its events will be made when it is resumed. */
  isHeld?: true
}
