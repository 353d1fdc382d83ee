import { Problem } from '../../base/errors.ts'

/** At most so many attempts in that time. */
export interface EndpointRate {
  limit: number
  per: 'second' | 'minute' | 'hour'
}

/** When a failed delivery is tried again: a named schedule, a step that doubles, or the delays themselves. */
export type RetryPolicy =
  | { preset: 'standard' | 'opencom' }
  | { preset: 'doubling'; baseSeconds: number; retries: number }
  | { delaysSeconds: readonly number[] }

/** A way to sign that receivers know. */
export type SignatureDialect = 'standard' | 'ed25519' | 'svix' | 'stripe' | 'github' | 'opencom' | 'remotedev'

/** A secret that was replaced, and until when deliveries are signed with it as well. */
export interface FormerSecret {
  sealed: string
  /** Milliseconds. */
  until: number
}

/** What an endpoint may ask for beside where it is. */
export interface EndpointSettings {
  name: string
  /** Only events of these kinds of thing (the first word of the type); null for all. */
  resourceTypes: readonly string[] | null
  /** A filter expression over the event, as JSON text; null for none. */
  filter: string | null
  /** Headers of its own: their names, a space, and a JSON object, sealed. See `custom-headers.ts`. */
  sealedHeaders: string | null
  /** Null for the default schedule. */
  retry: RetryPolicy | null
  /** Null for the default. */
  timeoutMs: number | null
  rateLimit: EndpointRate | null
  /** `endpoint`: one after the other in the order of the log; `key`: so within each order key. */
  ordering: 'none' | 'endpoint' | 'key'
  /** What its owner keeps beside it: the text of a JSON object. */
  metadata: string | null
  /** Null for `standard` alone. */
  signatures: readonly SignatureDialect[] | null
  formerSecrets: readonly FormerSecret[]
  /** A client certificate and a private authority, sealed. */
  sealedTls: string | null
  /** When a delivery first showed that it answers; milliseconds. */
  verifiedAt: number | null
}

/** An endpoint that asks for nothing more. */
export const plainSettings: EndpointSettings = {
  name: '',
  resourceTypes: null,
  filter: null,
  sealedHeaders: null,
  retry: null,
  timeoutMs: null,
  rateLimit: null,
  ordering: 'none',
  metadata: null,
  signatures: null,
  formerSecrets: [],
  sealedTls: null,
  verifiedAt: null,
}

/** Where a customer wants events delivered. */
export interface Endpoint extends EndpointSettings {
  id: string
  workspaceId: string
  customer: string | null
  url: string
  description: string
  /** Exact types, `prefix.*`, or `**`. */
  eventTypes: readonly string[]
  /** `standard`: our envelope around the data; `raw`: the bytes as the provider sent them. */
  payload: 'standard' | 'raw'
  /** How many deliveries may be on the wire to it at once. */
  concurrency: number
  /** `paused` keeps its queue; `disabled` ends it. */
  status: 'active' | 'paused' | 'disabled'
  /** Why it is disabled. */
  statusReason: string | null
  /** The signing secret, sealed. */
  sealedSecret: string
  /** Events up to this place in the log were appended before it existed. */
  afterSeq: number
  createdAt: number
  updatedAt: number
}

export function noEndpoint(id: string): Problem {
  return new Problem('NOT_FOUND', `there is no endpoint "${id}"`)
}
