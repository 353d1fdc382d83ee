import type { NewEvent } from './event.ts'
import type { ReceivedRequest } from './request.ts'

/** Which stored requests are meant. All of a workspace, when nothing is said. */
export interface StoredFilter {
  sourceId?: string
  verdict?: string
  cause?: string
  /** Milliseconds, inclusive. */
  from?: number
  /** Milliseconds, exclusive. */
  to?: number
  requestIds?: readonly string[]
}

/** A stored request as it is found: enough to decide whether and with what to read it. */
export interface StoredMark extends Pick<ReceivedRequest, 'id' | 'sourceId' | 'receivedAt' | 'verdict' | 'cause'> {
  /** The bytes of its body that are kept; null when the body is gone. */
  keptBytes: number | null
}

/** A part of the stored requests, in the order of their ids, which is the order of receipt. */
export interface Scan {
  found: readonly StoredMark[]
  /** The last id that was looked at, found or not: the next part begins behind it. */
  last: string | null
  /** There is nothing behind it. */
  isEnd: boolean
}

/** A stored request as today's parser reads it. */
export interface Reparsed extends Pick<ReceivedRequest, 'id' | 'sourceId' | 'receivedAt' | 'cause' | 'detail'> {
  /** Null when it cannot be read. */
  events: readonly NewEvent[] | null
}

/** An event as a plan shows it. */
export type EventMark = Pick<NewEvent, 'type' | 'subject' | 'customer'>

/** What became of a request that was read again. */
export interface Reparsing {
  requestId: string
  /** Events that it did not have, and that were appended, or wait because its source is paused. */
  added: readonly EventMark[]
  isHeld: boolean
  /** Events that it has and that today's parser does not make. They stay: others have acted on them. */
  outdated: readonly EventMark[]
  /** Events of today's that were not made, because another request has their key. */
  repeated: number
  /** It could not be read before, and can be now. */
  isMended: boolean
  /** It cannot be read now. What it has stays. */
  isUnreadable: boolean
  /** It, or its body, has been taken away since it was read. */
  isGone: boolean
}
