const second = 1000
const minute = 60 * second
const hour = 60 * minute

/**
 * The time between one attempt and the next: ten attempts over 75 h 35 min 5 s, the schedule of Standard Webhooks 1.0
 * (https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md).
 */
export const retryDelaysMs: readonly number[] = [
  5 * second,
  5 * minute,
  30 * minute,
  2 * hour,
  5 * hour,
  10 * hour,
  14 * hour,
  20 * hour,
  24 * hour,
]

/** A receiver's `Retry-After` is honoured up to this. */
const longestMs = 24 * hour

/**
 * How long after the `tries`th failed attempt the next one starts, in milliseconds; undefined means give up. The step is
 * spread by ±20 %, so that what failed together does not come back together. `retryAfterMs` is what the receiver asked
 * for: never sooner than the schedule's own step, never later than a day.
 */
export function nextDelay(tries: number, random: number, retryAfterMs?: number): number | undefined {
  const step = retryDelaysMs[tries - 1]
  if (step === undefined) return undefined
  const own = Math.round(step * (0.8 + 0.4 * random))
  if (retryAfterMs === undefined || !(retryAfterMs > own)) return own
  return Math.max(own, Math.min(Math.round(retryAfterMs), longestMs))
}

/** Between two attempts that failed by a fault of ours there is never more than this. */
const longestOwnFaultMs = 10 * minute

/**
 * How long after the `count`th attempt that failed by a fault of ours the next one starts, in milliseconds: 5 s, then twice
 * as long each time, ten minutes at the most, spread by ±20 %. It never gives up: the delivery's age does.
 */
export function ownFaultDelay(count: number, random: number): number {
  const step = Math.min(5 * second * 2 ** Math.min(Math.max(count, 1) - 1, 20), longestOwnFaultMs)
  return Math.round(step * (0.8 + 0.4 * random))
}

/**
 * What a `Retry-After` header asks for, in milliseconds from now: seconds, or an HTTP date in one of its three spellings
 * (RFC 9110 §5.6.7). Undefined for anything else: `Date.parse` alone would read "soon 5" as a day in May.
 */
export function readRetryAfter(value: string | undefined, nowMs: number): number | undefined {
  if (value === undefined) return undefined
  const text = value.trim()
  if (/^[0-9]{1,15}$/.test(text)) return Number(text) * second
  if (!/^[A-Z][a-z]{2,8},? [A-Za-z0-9 -]+ \d\d:\d\d:\d\d( GMT| \d{4})$/.test(text)) return undefined
  // The oldest spelling names no zone and means GMT.
  const at = Date.parse(text.endsWith('GMT') ? text : `${text} GMT`)
  return Number.isNaN(at) ? undefined : Math.max(0, at - nowMs)
}
