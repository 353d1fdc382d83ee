import type { RetryPolicy } from '../endpoint/endpoint.ts'

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

/** Opencom's: five attempts, the first at once. */
const opencomDelaysMs: readonly number[] = [30 * second, 2 * minute, 10 * minute, hour]

/** A receiver's `Retry-After` is honoured up to this, and no doubling step grows beyond it. */
const longestMs = 24 * hour

/** How far a step is spread to either side, so that what failed together does not come back together. */
const usualSpread = 0.2
/** Steps that somebody chose himself are kept closer. */
const chosenSpread = 0.1

/**
 * How long after the `tries`th failed attempt the next one starts, in milliseconds; undefined means give up. Without a
 * policy it is the default schedule, spread by ±20 %; the steps of a policy are spread by ±10 %. `retryAfterMs` is what
 * the receiver asked for: never sooner than the policy's own step, never later than a day.
 */
export function nextDelay(
  tries: number,
  random: number,
  retryAfterMs?: number,
  policy: RetryPolicy | null = null,
): number | undefined {
  const step = stepMs(tries, policy)
  if (step === undefined) return undefined
  const spread = isUsual(policy) ? usualSpread : chosenSpread
  const own = Math.round(step * (1 - spread + 2 * spread * random))
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

const isUsual = (policy: RetryPolicy | null) => policy === null || ('preset' in policy && policy.preset === 'standard')

/** The time after the `tries`th attempt before it is spread. */
function stepMs(tries: number, policy: RetryPolicy | null): number | undefined {
  if (policy === null) return retryDelaysMs[tries - 1]
  if ('delaysSeconds' in policy) {
    const seconds = policy.delaysSeconds[tries - 1]
    return seconds === undefined ? undefined : seconds * second
  }
  switch (policy.preset) {
    case 'standard':
      return retryDelaysMs[tries - 1]
    case 'opencom':
      return opencomDelaysMs[tries - 1]
    case 'doubling':
      if (!Number.isInteger(tries) || tries < 1 || tries > policy.retries) return undefined
      return Math.min(policy.baseSeconds * 2 ** (tries - 1) * second, longestMs)
  }
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
