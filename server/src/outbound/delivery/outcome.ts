import type { Exchange } from '../../egress/exchange.ts'
import type { RetryPolicy } from '../endpoint/endpoint.ts'
import { type DeliveryCause, isOurs } from './delivery-causes.ts'
import { nextDelay, ownFaultDelay, readRetryAfter } from './schedule.ts'

/** What an exchange means for its delivery. */
export interface Outcome {
  status: number | null
  /** Null when it succeeded. */
  cause: DeliveryCause | null
  detail: string | null
  /** When the next attempt starts, in milliseconds from now; null when the delivery has ended. */
  retryInMs: number | null
  /** Whether it counts as one of the delivery's tries: not when the fault was ours. */
  isTry: boolean
  /** The receiver wants nothing any more. */
  disables: boolean
}

/** An exchange, or why there was none. */
export type SentExchange = Omit<Exchange, 'outcome'> & {
  outcome: Exchange['outcome'] | { kind: 'failed'; cause: 'EVENT_GONE' | 'LOOP'; detail: string }
}

/**
 * Judges an exchange: 2xx is a success, 410 ends the endpoint, an event that is gone or goes round ends the delivery, anything else is
 * tried again as the policy says. `tries` counts this one; `freeTries` are the attempts before it that did not count.
 */
export function judge(
  exchange: SentExchange,
  tries: number,
  nowMs: number,
  random: number,
  policy: RetryPolicy | null = null,
  freeTries: number = 0,
): Outcome {
  const { outcome } = exchange
  if (outcome.kind === 'failed') {
    const { cause, detail } = outcome
    if (passes(cause)) {
      const retryInMs = ownFaultDelay(freeTries + 1, random)
      return { status: null, cause, detail, retryInMs, isTry: false, disables: false }
    }
    const retryInMs =
      cause === 'EVENT_GONE' || cause === 'LOOP' ? null : (nextDelay(tries, random, undefined, policy) ?? null)
    return { status: null, cause, detail, retryInMs, isTry: true, disables: false }
  }
  const { status } = outcome
  const cause = causeOf(status)
  if (cause === null) return { status, cause, detail: null, retryInMs: null, isTry: true, disables: false }
  const detail = `the receiver answered ${status}`
  if (cause === 'GONE') return { status, cause, detail, retryInMs: null, isTry: true, disables: true }
  const asked = readRetryAfter(
    exchange.responseHeaders.find(([name]) => name.toLowerCase() === 'retry-after')?.[1],
    nowMs,
  )
  const retryInMs = nextDelay(tries, random, asked, policy) ?? null
  return { status, cause, detail, retryInMs, isTry: true, disables: false }
}

/** Whether the fault is ours and ends without anybody's changing the endpoint: a header that cannot be sent does not. */
function passes(cause: DeliveryCause): boolean {
  return isOurs(cause) && cause !== 'REQUEST_INVALID'
}

function causeOf(status: number): DeliveryCause | null {
  if (status >= 200 && status < 300) return null
  if (status >= 300 && status < 400) return 'REDIRECT'
  if (status === 410) return 'GONE'
  if (status === 429) return 'RATE_LIMITED'
  return status < 500 ? 'CLIENT_ERROR' : 'SERVER_ERROR'
}

/**
 * An answer's body as text that every database stores: UTF-8 where it is, what is not replaced, and no NUL, which
 * PostgreSQL refuses. Otherwise recording an attempt could fail, and the delivery would be repeated for ever.
 */
export function storableText(bytes: Buffer): string {
  return bytes.toString('utf8').replaceAll('\0', '\u{FFFD}')
}

/** Header values made storable in the same way; lone surrogates cannot occur, because headers are read as Latin-1. */
export function storableHeaders(headers: readonly (readonly [string, string])[]): [string, string][] {
  return headers.map(([name, value]) => [name.replaceAll('\0', '\u{FFFD}'), value.replaceAll('\0', '\u{FFFD}')])
}
