// Where webhooks come in.

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
  /** How many requests it takes; null for as many as the server's default says, if there is one. */
  rateLimit: SourceRate | null
  /** Those that verify, the current one first. Empty for kinds without one, and where the server cannot open them. */
  secrets: SourceSecret[]
  createdAt: string
  updatedAt: string
}

/** So many requests at once, and so many again in each period. What is beyond is answered 429. */
export interface SourceRate {
  requests: number
  perSeconds: number
}

/** As much of a source's secret as may be seen. */
export interface SourceSecret {
  /** The end of it, to know it again by. */
  preview: string
  /** Until when it verifies; null for as long as it is set. */
  expiresAt: string | null
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

export interface NewSource {
  kind: string
  name: string
  /** What the provider signs with. Left out where the kind allows it, one is made. */
  secret?: string
  config?: Record<string, unknown>
  /** Null or left out: as many as the server's default says, if there is one. */
  rateLimit?: SourceRate | null
  customer?: string | null
  /** Whether it is found at the fixed path of its kind too. */
  fixedPath?: boolean
  /** What names it there; made where it is left out and the kind has one. */
  token?: string
}

export interface SourceChanges extends Partial<Omit<NewSource, 'kind' | 'customer'>> {
  /** Lets the secret before verify too, while the provider changes over; goes with `secret`. */
  keepPreviousSecret?: boolean
  status?: Source['status']
}
