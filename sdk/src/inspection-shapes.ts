import type { EventHead, LookedPage, PageQuery } from './shapes.ts'

// What came in, what became of it, and what is done about it afterwards.

/** The record of a request that a sender made. */
export interface Request extends RequestHead {
  /** One sentence on the cause. */
  detail: string | null
  /** In the order sent, secrets masked. */
  headers: [name: string, value: string][]
  /** How it begins; null when it was not kept. */
  body: RequestBody | null
  /** What is odd about it. A note is never the reason of a verdict. */
  notes: { code: string; text: string }[]
  /** Those of this workspace, the first hundred. */
  events: MadeEvent[]
  /** How often its events came again; null when that is not known. */
  repeats: Repeats | null
  /** How far it came and when, in order. */
  stages: { stage: RequestStage; at: string; afterMs: number }[]
  readMs: number | null
  verifyMs: number
  parseMs: number | null
  /** When it was accepted after it had been refused. */
  acceptedAt: string | null
  /** What the verdict and the cause mean. */
  explanation: Explanation
  /** What was found out about a refused request when it was opened, the fault to mend first first. */
  findings: { cause: string; detail: string }[]
  /** When its body was removed, by age or on demand. */
  erasedAt: string | null
}

/** What a verdict or a cause means, and what to do next. */
export interface Explanation {
  meaning: string
  nextStep: string
}

/** Every verdict and cause that a request can have. */
export interface Causes {
  verdicts: ({ verdict: RequestVerdict } & Explanation)[]
  causes: ({ cause: string; verdicts: RequestVerdict[] } & Explanation)[]
  /** Why a delivery did not arrive. `receiver`: it counts against the endpoint; `ours`: the server or its proxy failed. */
  deliveries: { cause: string; meaning: string; advice: string; fault: 'receiver' | 'ours' | 'nobody' }[]
}

/** A request as lists show it. */
export interface RequestHead {
  id: string
  sourceId: string
  receivedAt: string
  method: string
  /** Path and query, secrets masked. */
  url: string
  senderAddress: string
  verdict: RequestVerdict
  /** A code, such as `STALE`. */
  cause: string | null
  contentType: string | null
  bodyBytes: number
  /** Whether its body can be read and downloaded. */
  isBodyKept: boolean
  /** Events that were made of it, in whatever workspaces its source’s routes lead to. */
  eventCount: number
  /** The request whose event it repeats with other bytes. */
  repeatOf: string | null
}

export type RequestVerdict = 'verified' | 'unsigned' | 'duplicate' | 'quarantined'

export type RequestStage = 'received' | 'read' | 'proven' | 'parsed' | 'fannedOut' | 'firstAttempt' | 'firstSuccess'

/** The beginning of a body: its first 64 KiB. */
export interface RequestBody {
  kind: 'json' | 'text' | 'form' | 'binary'
  /** The characters as sent; left out for what is no text. */
  text?: string
  /** The bytes of what is no text. */
  base64?: string
  isTruncated: boolean
}

/** An event that a request made, and where it is. */
export interface MadeEvent {
  id: string
  type: string
  subject: string | null
  customer: string | null
  /** Whether its deliveries have been made. With none then, no endpoint asked for it. */
  isFannedOut: boolean
  deliveries: Record<'pending' | 'waiting' | 'success' | 'failed', number>
}

/** How often something came again. */
export interface Repeats {
  count: number
  firstAt: string | null
  lastAt: string | null
  /** The latest ten, newest first. */
  times: string[]
}

export interface RequestQuery extends PageQuery {
  /** The id of a source. */
  source?: string
  customer?: string
  /** Any of them fits. */
  verdict?: RequestVerdict | RequestVerdict[]
  cause?: string
  /** The address of a sender. */
  sender?: string
  /** Is somewhere in the URL, the headers or the body, to the letter. */
  text?: string
  from?: string
  to?: string
  /** Whether phone numbers and the like are shown whole; needs the scope `personal.read`. */
  reveal?: boolean
}

export type RequestPage = LookedPage<RequestHead>

/** What becomes of an event that a follower could not handle. */
export type ParkedState = 'retrying' | 'waiting' | 'parked' | 'handled' | 'dismissed'

/** An event that a follower of the log could not handle, or that waits behind one. */
export interface ParkedEvent {
  /** The event and the follower. */
  id: string
  eventId: string
  /** `fan-out`, `accounts`, … */
  follower: string
  eventType: string | null
  subject: string | null
  state: ParkedState
  /** The code of why it could not be handled, and that in one sentence. */
  cause: string | null
  explanation: string | null
  /** What the follower said of it; it may quote the event. */
  error: string | null
  attempts: number
  nextAttemptAt: string | null
  /** The place in the log of an earlier event of its subject that was left out. */
  afterGap: number | null
  createdAt: string
  updatedAt: string
  endedAt: string | null
}

export interface ParkedEventWithEvent extends ParkedEvent {
  /** How many later events of its subject wait. */
  waiting: number
  /** Null when it is no longer in the log. */
  event: EventHead | null
}

/** Which events beside the followers' cursors. */
export interface ParkedFilter {
  follower?: string
  state?: ParkedState
  cause?: string
  /** An exact event type, or `prefix.*`. */
  type?: string
  subject?: string
  customer?: string
  from?: string
  to?: string
}

export interface ParkedQuery extends PageQuery, ParkedFilter {
  /** Whether phone numbers and the like are shown whole; needs the scope `personal.read`. */
  reveal?: boolean
}

/** What became of an event that was run again, or in a dry run: what would. */
export interface RerunOutcome {
  id: string
  eventId: string
  follower: string
  outcome: 'handled' | 'failed' | 'already' | 'waiting' | 'dismissed' | 'missing'
  cause: string | null
  explanation: string | null
  error: string | null
  /** Deliveries that were made, events that followed, and rows of accounts before and after. */
  changes: readonly ({ kind: string } & Record<string, unknown>)[]
}

export interface RerunOutcomes {
  data: RerunOutcome[]
  handled: number
  failed: number
  nextCursor: string | null
  hasMore: boolean
}

/** What was erased: a certificate. */
export interface Erasure {
  eventId: string | null
  requestId: string | null
  customer: string | null
  at: string
  /** How many rows held something until now; null for a customer, whose job counts it. */
  counts: Record<
    'requests' | 'events' | 'held' | 'deliveries' | 'attempts' | 'parked' | 'keys' | 'accounts',
    number
  > | null
  job: { id: string; status: string } | null
}

/** Where growth ends; null when something is kept for ever. */
export type ComesTo = { bytes: number; inDays: number } | null

/** What the database holds and will come to. Numbers are estimates. */
export interface Retention {
  classes: {
    name: 'bodies' | 'records' | 'successes' | 'quarantine' | 'dedupe-keys'
    rows: number
    bytes: number
    perDay: { rows: number; bytes: number }
    /** Null for ever. */
    keptDays: number | null
    comesTo: ComesTo
  }[]
  database: {
    bytes: number
    reusableBytes: number
    freeDiskBytes: number | null
    perDayBytes: number
    comesTo: ComesTo
  }
  /** The same in words. */
  sentences: string[]
  /** What was removed lately. */
  sweeps: {
    name: string
    removes: string
    keptDays: number | null
    ranAt: string | null
    sweptAt: string | null
    lastRemoved: number
    total: number
  }[]
}

export type JobStatus = 'running' | 'paused' | 'cancelled' | 'done' | 'failed'

/** A piece of work over many rows, which goes on by itself. */
export interface Job {
  id: string
  /** Whose it is: the customer's whose key has started it; null for the workspace's own. */
  customer: string | null
  /** What it does, such as `reprocess`. */
  kind: string
  status: JobStatus
  args: Record<string, unknown>
  /** Rows to look at; null when nobody has counted. */
  count: number | null
  isAtLeast: boolean
  /** What it has met: `looked` counts every row. */
  counts: Record<string, number>
  /** How much of it is done, 0 to 1. */
  share: number | null
  perSecond: number | null
  /** Rows a second since it was started or resumed. */
  speed: number | null
  endsAt: string | null
  error: string | null
  createdAt: string
  updatedAt: string
  endedAt: string | null
}

export interface JobQuery extends PageQuery {
  customer?: string
  kind?: string
  status?: JobStatus
}

/** Which stored requests are meant; all when it says nothing. Times are ISO 8601, or milliseconds as text. */
export interface StoredFilter {
  sourceId?: string
  verdict?: 'verified' | 'unsigned' | 'duplicate'
  cause?: string
  from?: string
  to?: string
  requestIds?: string[]
}

export interface EventMark {
  type: string
  subject: string | null
  customer: string | null
}

/** What reading requests again would do. */
export interface ReprocessPlan {
  count: number
  isAtLeast: boolean
  sample: {
    looked: number
    differing: number
    /** So many of these today's parser cannot read. */
    unparsable: number
    quarantined: number
    withoutBody: number
    withoutSource: number
    requests: {
      id: string
      sourceId: string
      receivedAt: string
      cause: string | null
      added: EventMark[]
      outdated: EventMark[]
      repeated: number
      isMended: boolean
      isUnreadable: boolean
      isHeld: boolean
    }[]
  }
}

/** Which stored events are meant; all when it says nothing. */
export interface RehandleFilter {
  type?: string
  sourceId?: string
  customer?: string
  from?: string
  to?: string
}
