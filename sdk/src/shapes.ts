// What the API takes and answers. `GET /openapi.json` of a server is the reference; unions that may grow stay text.

/** A place where a provider posts its webhooks to. */
export interface Source {
  id: string
  /** The provider: `github`, `stripe`, … */
  kind: string
  name: string
  /** Where the provider posts to. Its last part is unguessable. */
  url: string
  customer: string | null
  config: Record<string, unknown>
  /** A paused source takes its requests and holds them until it is enabled. */
  status: 'enabled' | 'paused' | 'disabled'
  /** Requests whose events are not made yet. */
  held: number
  /** The URL of its kind that several sources share, if it is found there too. */
  fixedPath: string | null
  origin: 'api' | 'environment'
  createdAt: string
  updatedAt: string
}

/** Whose the events of a source are that name a route, such as a phone number's id. */
export interface SourceRoute {
  route: string
  workspaceId: string
  customer: string | null
  createdAt: string
  updatedAt: string
}

/** A route that events had lately and that the source does not know. */
export interface UnknownRoute {
  route: string
  count: number
  firstSeenAt: string
  lastSeenAt: string
}

/** A kind of source and its settings, as JSON Schema. */
export interface SourceKind {
  kind: string
  title: string
  maxBodyBytes: number
  /** Whether a secret is made when `secret` is left out. */
  makesSecret: boolean
  /** Where the secret comes from: made here when left out, given by the provider and required, optional, or none and refused. */
  secret: 'made' | 'given' | 'optional' | 'none'
  /** The path at which its sources can be found beside their own URLs. */
  fixedPath: string | null
  /** Whether a token names the source there. */
  hasToken: boolean
  config: Record<string, unknown>
  /** The provider's names of the events that a sample can be sent of, the most usual first. */
  sampleEvents: string[]
}

/** A sample that was sent through a source. */
export interface SentSample {
  /** The provider's name of the event. */
  event: string
  /** The record of the request, whose sender address is `sample`. */
  requestId: string
  eventIds: string[]
}

/** Where events are delivered to. */
export interface Endpoint {
  id: string
  url: string
  description: string
  customer: string | null
  eventTypes: string[]
  payload: 'standard' | 'raw'
  concurrency: number
  status: 'active' | 'paused' | 'disabled'
  statusReason: string | null
  createdAt: string
  updatedAt: string
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
}

/** An event with its data. Numbers beyond 2^53 are only exact in the bytes: see `events.body`. */
export interface Event extends EventHead {
  data: unknown
}

/** A type of event: what the catalogue says of it, and whether there are events of it. */
export interface EventType {
  type: string
  /** When it happens; null for a type that nobody has described. */
  description: string | null
  /** The kinds of source that it is known to come from. */
  kinds: string[]
  /** False for a type that came in although no kind of source tells of it. */
  isKnown: boolean
  lastReceivedAt: string | null
}

export interface EventTypeWithSchema extends EventType {
  /** JSON Schema of its data; null when nothing is known of it. */
  schema: Record<string, unknown> | null
  /** Whether the schema was read off one event and promises nothing. */
  isInferred: boolean
  /** Data of an event of it, or null. */
  example: unknown
  /** Whether the example is the latest event, or what a sender of the project plays until there is one. */
  exampleFrom: 'latest' | 'sample' | null
}

export interface EventTypeQuery extends PageQuery {
  kind?: string
  /** `seen`: only types that there are events of. `new`: only those among them that nobody has described. */
  state?: 'seen' | 'new'
}

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
  deliveries: Record<DeliveryStatus, number>
}

/** How often something came again. */
export interface Repeats {
  count: number
  firstAt: string | null
  lastAt: string | null
  /** The latest ten, newest first. */
  times: string[]
}

export type DeliveryStatus = 'pending' | 'waiting' | 'success' | 'failed'

/** One event on its way to one endpoint. */
export interface Delivery {
  id: string
  endpointId: string
  eventId: string
  eventType: string
  customer: string | null
  status: DeliveryStatus
  /** Attempts made so far. */
  attempts: number
  nextAttemptAt: string | null
  /** The code of why the last attempt failed, or why it ended. */
  cause: string | null
  createdAt: string
  endedAt: string | null
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
  from?: string
  to?: string
  /** Whether phone numbers and the like are shown whole; needs the scope `personal.read`. */
  reveal?: boolean
}

export interface RequestQuery extends PageQuery {
  /** The id of a source. */
  source?: string
  /** Any of them fits. */
  verdict?: RequestVerdict | RequestVerdict[]
  cause?: string
  /** The address of a sender. */
  sender?: string
  /** Is somewhere in the URL, the headers or the body, to the letter. */
  text?: string
  from?: string
  to?: string
}

/** A page of requests. It may be short, or empty, and not the last: a search looks through so much at a time. */
export interface RequestPage extends Page<RequestHead> {
  /** How far this page looked; null on the last one. */
  lookedBackTo: string | null
}

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
  from?: string
  to?: string
}

export interface ParkedQuery extends PageQuery, ParkedFilter {}

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

export interface DeliveryQuery extends PageQuery {
  /** The id of an endpoint. */
  endpoint?: string
  /** The id of an event. */
  event?: string
  /** An exact event type, or `prefix.*`. */
  type?: string
  status?: DeliveryStatus
  cause?: string
  from?: string
  to?: string
}

export interface NewSource {
  kind: string
  name: string
  /** What the provider signs with. Left out where the kind allows it, one is made. */
  secret?: string
  config?: Record<string, unknown>
  customer?: string | null
  /** Whether it is found at the fixed path of its kind too. */
  fixedPath?: boolean
  /** What names it there; made where it is left out and the kind has one. */
  token?: string
}

export interface NewEndpoint {
  url: string
  description?: string
  /** Exact types, `prefix.*`, or `**` for everything. */
  eventTypes?: string[]
  payload?: Endpoint['payload']
  concurrency?: number
  customer?: string | null
}

export interface EndpointChanges extends Partial<Omit<NewEndpoint, 'customer'>> {
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
