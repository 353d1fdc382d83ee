import type { DeliveryCause } from '../delivery.ts'
import type { Sign } from './condition.ts'

/** Faults of ours or of the way out: they say nothing of the endpoint. */
const ours: ReadonlySet<string> = new Set(['STOPPED', 'EVENT_GONE', 'REQUEST_INVALID', 'PROXY_ERROR'])

/** What tells that a receiver has too much to do, or is not there. */
const overloads: ReadonlySet<string> = new Set([
  'SERVER_ERROR',
  'RESPONSE_TIMEOUT',
  'CONNECT_TIMEOUT',
  'CONNECT_REFUSED',
  'CONNECT_RESET',
  'CONNECT_FAILED',
  'CONNECTION_LOST',
])

/** What the end of an attempt says of its endpoint; undefined when it says nothing of it. */
export function signOf(cause: DeliveryCause | null): Sign | undefined {
  if (cause === null) return 'success'
  if (ours.has(cause)) return undefined
  if (cause === 'RATE_LIMITED') return 'refusal'
  return overloads.has(cause) ? 'overload' : 'failure'
}
