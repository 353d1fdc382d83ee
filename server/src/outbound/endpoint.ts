import { Problem } from '../base/errors.ts'

/** Where a customer wants events delivered. */
export interface Endpoint {
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
