// What the API takes and answers. `GET /openapi.json` of a server is the reference; unions that may grow stay text.

/** When a failed delivery is tried again: a named schedule, a step that doubles, or the delays themselves. */
export type RetryPolicy =
  | { preset: 'standard' | 'opencom' }
  | { preset: 'doubling'; baseSeconds: number; retries: number }
  | { delaysSeconds: number[] }

/** At most so many attempts in that time. */
export interface EndpointRate {
  limit: number
  per: 'second' | 'minute' | 'hour'
}
/** A way to sign that receivers know. */
export type Signature = 'standard' | 'ed25519' | 'svix' | 'stripe' | 'github' | 'opencom' | 'remotedev'

/** How much an endpoint gets at the moment. */
export interface EndpointFlow {
  breaker: 'closed' | 'open'
  /** While the breaker is open: when one delivery is tried. */
  nextProbeAt: string | null
  /** Its 429 asked not to be called before then. */
  heldUntil: string | null
  allowedAtOnce: number
  failingSince: string | null
}

/** Whether a URL can be delivered to, as it was found. */
export interface EndpointCheck {
  /** `refused`: the server may not call it, so that it is not saved with a check. */
  verdict: 'ok' | 'warning' | 'failed' | 'refused'
  checkedAt: string
  /** In the order of the way. `skipped`: not come to, or not needed. */
  steps: {
    step: 'url' | 'dns' | 'address' | 'connect' | 'tls' | 'answer'
    status: 'ok' | 'failed' | 'skipped'
    ms: number | null
    /** As deliveries have them. */
    cause: string | null
    explanation: string | null
    advice: string | null
    detail: string | null
  }[]
  /** The receiver's, also of one that was refused. */
  certificate: { subject: string; issuer: string; expiresAt: string; daysLeft: number } | null
  /** What it answered to HEAD: any will do. */
  status: number | null
  warnings: { code: 'CERTIFICATE_EXPIRES_SOON' | 'REDIRECT'; message: string }[]
}

/** Whether all deliveries of the workspace are paused. */
export interface DeliveryPause {
  isPaused: boolean
  pausedAt: string | null
}

/** Where events are delivered to. */
export interface Endpoint {
  id: string
  name: string
  url: string
  description: string
  customer: string | null
  eventTypes: string[]
  /** Only events of these kinds of thing (the first word of the type); null for all. */
  resourceTypes: string[] | null
  /** A filter expression over the event; null for none. */
  filter: Record<string, unknown> | null
  payload: 'standard' | 'raw'
  /** The names of its own headers; their values are not shown. */
  headerNames: string[]
  retry: RetryPolicy
  timeoutSeconds: number
  concurrency: number
  /** `endpoint`: one delivery after the other; `key`: so for each order key of the events. */
  ordering: 'none' | 'endpoint' | 'key'
  rateLimit: EndpointRate | null
  /** How its deliveries are signed. */
  signatures: Signature[]
  /** What `ed25519` is verified with, as `whpk_…`; null where that is not among them. */
  publicKey: string | null
  /** Secrets that were replaced and sign still, newest first. */
  formerSecrets: { signsUntil: string }[]
  status: 'active' | 'paused' | 'disabled'
  statusReason: string | null
  /** Whether a delivery has shown that its URL answers. */
  verified: boolean
  verifiedAt: string | null
  /** What its owner keeps beside it. */
  metadata: Record<string, unknown>
  /** Whose certificates it has, and until when they are valid. */
  tls: { certificate: ShownCertificate | null; ca: ShownCertificate[] } | null
  createdAt: string
  updatedAt: string
}

export interface EndpointWithDeliveries extends Endpoint {
  /** When the latest delivery to it was made. */
  lastTriggeredAt: string | null
  /** At most ten, newest first. */
  latestDeliveries: Delivery[]
}

export interface ShownCertificate {
  subject: string
  expiresAt: string
}

/** An event without its data. */
export interface EventHead {
  id: string
  type: string
  /** What the event is about. Lists and streams mask what is like a phone number, an address or a URL. */
  subject: string | null
  sourceId: string | null
  /** The request that it was cut from. */
  requestId: string | null
  customer: string | null
  orderKey: string | null
  receivedAt: string
  /** When its data was removed, by age or on demand. */
  erasedAt: string | null
  /** In what way its data does not fit the schema of its type, where that is only noted. */
  warning: string | null
}

/** An event with its data. Numbers beyond 2^53 are only exact in the bytes: see `events.body`. */
export interface Event extends EventHead {
  data: unknown
}

export interface StatsQuery {
  /** ISO 8601 with a zone, or milliseconds. */
  from?: string | number
  to?: string | number
  by?: 'hour' | 'day'
}

/** How deliveries stand. Exact for the time from `countedFrom` on. */
export interface Stats {
  from: string
  to: string
  countedFrom: string
  isComplete: boolean
  total: number
  success: number
  failed: number
  pending: number
  retrying: number
  waiting: number
  /** Of those that ended, 0 to 1; null when none has. */
  successRate: number | null
  attemptMs: { p50: number | null; p95: number | null; p99: number | null; of: number }
  parts: { at: string; total: number; success: number; failed: number; unfinished: number }[]
  latest: Delivery[]
}

/** What waits to be sent. */
export interface Queue {
  waiting: number
  active: number
  delayed: number
  /** Deliveries that wait for another one of their key to end. */
  behind: number
  completed: number
  failed: number
  since: string
  isAtLeast: boolean
  oldestDueAt: string | null
  oldestAgeSeconds: number | null
  /** Whether all deliveries of the workspace are paused. */
  isPaused: boolean
}

/** What becomes of an event that is published and does not fit the schema of its type. */
export type Validation = 'off' | 'warn' | 'reject'

/** What a workspace says of a type of event. */
export interface EventTypeSettings {
  description?: string
  /** JSON Schema of its data. */
  schema?: Record<string, unknown> | null
  validation?: Validation
  example?: unknown
}

export interface RegisteredEventType {
  type: string
  description: string
  schema: Record<string, unknown> | null
  validation: Validation
  example: unknown
  createdAt: string
  updatedAt: string
}

/** A type of event: what the catalogue says of it, and whether there are events of it. */
export interface EventType {
  type: string
  /** When it happens; null for a type that nobody has described. */
  description: string | null
  /** The kinds of source that it is known to come from. */
  kinds: string[]
  /** False for a type that came in although nobody tells of it. */
  isKnown: boolean
  /** Whether this workspace has registered it. */
  isRegistered: boolean
  validation: Validation
  lastReceivedAt: string | null
}

export interface EventTypeWithSchema extends EventType {
  /** JSON Schema of its data; null when nothing is known of it. */
  schema: Record<string, unknown> | null
  /** Whether the schema was read off one event and promises nothing. */
  isInferred: boolean
  /** Data of an event of it, or null. */
  example: unknown
  /** Whether the example is the latest event, or until there is one what was registered or a sender of the project plays. */
  exampleFrom: 'latest' | 'registered' | 'sample' | null
}

export interface EventTypeQuery extends PageQuery {
  kind?: string
  /** `seen`: only types that there are events of. `new`: only those among them that nobody has described. */
  state?: 'seen' | 'new'
}

/**
 * `pending` waits for its first attempt, `waiting` behind another one of its key, `retrying` for its next attempt; `sending`
 * is on the wire or next in line.
 */
export type DeliveryStatus = 'pending' | 'waiting' | 'sending' | 'retrying' | 'success' | 'failed'

/** One event on its way to one endpoint. */
export interface Delivery {
  id: string
  endpointId: string
  eventId: string
  eventType: string
  customer: string | null
  /** The key in whose order it goes; an empty text: that of the whole endpoint; null: none. */
  orderKey: string | null
  status: DeliveryStatus
  /** Attempts made so far. */
  attempts: number
  nextAttemptAt: string | null
  /** The code of why the last attempt failed, or why it ended. */
  cause: string | null
  /** The cause in one sentence. */
  explanation: string | null
  /** What to do about it, in one sentence. */
  advice: string | null
  createdAt: string
  endedAt: string | null
}

/** A delivery that failed for good and holds up what comes after it in its key. */
export interface BlockedKey {
  /** Masked where it looks like a person's number or address; empty where the whole endpoint is in one order. */
  orderKey: string
  deliveryId: string
  eventId: string
  eventType: string
  cause: string | null
  attempts: number
  blockedAt: string
  /** How many wait behind it; 1000 means that many or more. */
  waiting: number
}

/** One try at a delivery: what was sent when, and what came back. */
export interface Attempt {
  number: number
  startedAt: string
  /** The status answered; null when no answer came. */
  status: number | null
  cause: string | null
  /** The cause in one sentence. */
  explanation: string | null
  /** What to do about it, in one sentence. */
  advice: string | null
  detail: string | null
  timing: {
    dnsMs: number | null
    connectMs: number | null
    tlsMs: number | null
    firstByteMs: number | null
    totalMs: number
  }
  responseHeaders: [name: string, value: string][]
  responseBody: string
  isTruncated: boolean
  /** What was signed: the time in the signature in seconds, and the SHA-256 of the exact text. Null when there was nothing to send. */
  signed: { timestamp: number; sha256: string } | null
  /** When the next attempt was due after this one. */
  nextAttemptAt: string | null
  /** When the answer was removed, by age or on demand. */
  erasedAt: string | null
}

export interface DeliveryWithAttempts extends Delivery {
  history: Attempt[]
}

/** One page of a list, newest first. */
export interface Page<Item> {
  data: Item[]
  /** Give it as `cursor` to get the next page; null on the last one. */
  nextCursor: string | null
  hasMore: boolean
}

/** A page of a list that looks through so much at a time: it may be short, or empty, and not the last. */
export interface LookedPage<Item> extends Page<Item> {
  /** How far this page looked; null on the last one. */
  lookedBackTo: string | null
}

export interface PageQuery {
  /** 1 to 100; 20 when left out. */
  limit?: number
  cursor?: string
}

/** Times are ISO 8601 with a zone. */
export interface EventQuery extends PageQuery {
  /** An exact type, or `prefix.*`. */
  type?: string
  /** The id of a source. */
  source?: string
  customer?: string
  from?: string
  to?: string
  /** Whether phone numbers and the like are shown whole; needs the scope `personal.read`. */
  reveal?: boolean
}

export interface EndpointQuery extends PageQuery {
  customer?: string
}

export interface DeliveryQuery extends PageQuery {
  /** The id of an endpoint. */
  endpoint?: string
  /** The id of an event. */
  event?: string
  /** Whose the event is. */
  customer?: string
  /** An exact event type, or `prefix.*`. */
  type?: string
  /** One state, or `unfinished` for all that have not ended. */
  status?: DeliveryStatus | 'unfinished'
  cause?: string
  from?: string
  to?: string
  /** Whether phone numbers and the like are shown whole; needs the scope `personal.read`. */
  reveal?: boolean
}

export interface NewEndpoint {
  url: string
  description?: string
  /** Exact types, `prefix.*`, or `**` for everything. */
  eventTypes?: string[]
  payload?: Endpoint['payload']
  concurrency?: number
  ordering?: Endpoint['ordering']
  signatures?: Signature[]
  /** A secret that the receiver has already; one is made when it is left out. */
  secret?: string
  customer?: string | null
  name?: string
  resourceTypes?: string[] | null
  /** Such as `{ 'data.amount': { $gte: 100 } }`. */
  filter?: Record<string, unknown> | null
  /** Headers that go with each delivery; they replace those before. */
  headers?: Record<string, string>
  retry?: RetryPolicy | { preset: 'doubling'; baseSeconds?: number; retries?: number }
  /** 1 to 30; 15 when left out. */
  timeoutSeconds?: number
  rateLimit?: EndpointRate | null
  /** At most 4 KiB of JSON. */
  metadata?: Record<string, unknown>
  /** A client certificate with its key, a private authority, or both, as PEM text. Sealed, and never shown again. */
  tls?: { certificate?: string | null; key?: string | null; ca?: string | null } | null
  /** Whether its URL is looked at first; the answer has the verdict as `check`. */
  check?: boolean
}

export interface EndpointChanges extends Partial<Omit<NewEndpoint, 'customer' | 'secret'>> {
  status?: Endpoint['status']
}

export interface NewEvent {
  /** Such as `invoice.paid`; not `trunkline.*`. */
  type: string
  data: unknown
  subject?: string | null
  customer?: string | null
  orderKey?: string | null
}
