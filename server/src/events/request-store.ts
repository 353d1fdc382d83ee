import type { Page } from '../base/page.ts'
import type { ReceivedRequest, RequestVerdict } from './request.ts'

/** What came in, as it is looked into afterwards. Nothing here is on the way of a request or a delivery. */
export interface RequestReads {
  /** Newest first. Looks through so much and no more: a page may hold few rows, or none, and not be the last. */
  list(workspaceId: string, filter: RequestFilter, page: Page): Promise<RequestPage>
  /** The first bytes of a body, at most so many; undefined when there is no such request or its body was not kept. */
  beginning(workspaceId: string, requestId: string, bytes: number): Promise<Uint8Array | undefined>
  /** What became of a request; `follower` is the one that makes deliveries. */
  outcome(workspaceId: string, request: Moment, follower: string): Promise<RequestOutcome>
  /** How often its events came again, or undefined when that is not known: it made none, or the window is over. */
  repeats(request: Moment, dedupeWindowMs: number): Promise<Repeats | undefined>
}

/** Which request, and when it was received. */
export type Moment = Pick<ReceivedRequest, 'id' | 'receivedAt'>

export interface RequestFilter {
  sourceId?: string
  /** Whose an event is that was made of it, or the source that it came to. */
  customer?: string
  /** Any of them fits. */
  verdicts?: readonly RequestVerdict[]
  cause?: string
  /** Milliseconds, inclusive. */
  from?: number
  /** Milliseconds, exclusive. */
  to?: number
  senderAddress?: string
  /** Is somewhere in the URL, the headers or the body, to the letter. */
  text?: string
}

/** A request as lists show it. */
export interface RequestHead
  extends Pick<
    ReceivedRequest,
    | 'id'
    | 'sourceId'
    | 'receivedAt'
    | 'method'
    | 'url'
    | 'headers'
    | 'bodyBytes'
    | 'senderAddress'
    | 'verdict'
    | 'cause'
    | 'repeatOf'
  > {
  isBodyKept: boolean
  /** Over all workspaces that the routes of its source lead to. */
  eventCount: number
}

export interface RequestPage {
  rows: readonly RequestHead[]
  /** The id after which the next page begins; null when there is nothing more. */
  next: string | null
}

/** An event that a request made, and where it is. */
export interface MadeEvent {
  id: string
  type: string
  subject: string | null
  customer: string | null
  /** Whether its deliveries have been made, if any endpoint wanted it. */
  isFannedOut: boolean
  deliveries: { pending: number; waiting: number; success: number; failed: number }
}

export interface RequestOutcome {
  /** Over all workspaces that the routes of its source lead to. */
  eventCount: number
  /** Those of the workspace itself, in log order, the first hundred. */
  events: readonly MadeEvent[]
  /** Of these events: when the first delivery was made, first attempted and first taken. */
  fannedOutAt: number | null
  firstAttemptAt: number | null
  firstSuccessAt: number | null
}

/** How often something came again, with whatever bytes. */
export interface Repeats {
  count: number
  /** Null when it has not, or when a version did it that kept no times. */
  firstAt: number | null
  lastAt: number | null
  /** The latest ones, newest first, at most ten. */
  times: readonly number[]
}
