import { type DeliveryCause, isCharged } from '../delivery/delivery-causes.ts'
import type { Sign } from './condition.ts'

/** What tells that a receiver has too much to do, or is not there. */
const overloads: ReadonlySet<DeliveryCause> = new Set([
  'SERVER_ERROR',
  'RESPONSE_TIMEOUT',
  'CONNECT_TIMEOUT',
  'CONNECT_REFUSED',
  'CONNECT_FAILED',
  'CONNECTION_LOST',
])

/** What the end of an attempt says of its endpoint; undefined when it was no fault of the endpoint's. */
export function signOf(cause: DeliveryCause | null): Sign | undefined {
  if (cause === null) return 'success'
  if (!isCharged(cause)) return undefined
  if (cause === 'RATE_LIMITED') return 'refusal'
  return overloads.has(cause) ? 'overload' : 'failure'
}
