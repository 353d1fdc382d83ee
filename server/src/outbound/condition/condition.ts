import type { EndpointRate } from '../endpoint/endpoint.ts'
import {
  type Breaker,
  breakerRule,
  countAttempt,
  emptyWindow,
  isBroken,
  keepOpen,
  openBreaker,
  type Window,
} from './breaker.ts'
import { allowedBy, type FlightEnd, type InFlight, lower, newFlight, raise } from './in-flight.ts'
import { fullTokens, refill, type Tokens, tokensAt } from './tokens.ts'

/** What the owner of a lane has learned of its endpoint, and has spent of its rate. */
export interface Condition {
  flight: InFlight
  window: Window
  /** Undefined while it is called as usual. */
  breaker: Breaker | undefined
  /** The receiver asked not to be called before then; 0 when it did not. */
  heldUntil: number
  /** Answers of 429 in a row that did not say for how long. */
  refusals: number
  /** Since when nothing succeeded, and how many attempts failed since. */
  failing: Failing | undefined
  tokens: Tokens | undefined
}

export interface Failing {
  since: number
  attempts: number
  /** When the last one did; left out by an earlier version. */
  lastAt?: number
}

/** What an attempt says of its endpoint. */
export type Sign =
  /** It works. */
  | 'success'
  /** It answers, and wants less. */
  | 'refusal'
  /** It has too much to do, or does not answer. */
  | 'overload'
  /** It does not do what it should; calling it less would change nothing. */
  | 'failure'

export interface Ended extends FlightEnd {
  sign: Sign
  /** What it asked for, in milliseconds; undefined when it did not. */
  retryAfterMs: number | undefined
  /** How many it allows. */
  most: number
}

/** What follows of an attempt beyond itself: the breaker opened or closed, or the endpoint has failed for five days. */
export type Turn = 'opened' | 'closed' | 'given-up' | undefined

/** An endpoint of which nothing succeeded for this long, over so many attempts at least, is disabled. */
export const giveUpRule = {
  afterMs: 5 * 24 * 60 * 60_000,
  leastAttempts: 10,
  /** Of an endpoint that was not called for so long nobody knows how it did meanwhile: its failing begins anew. */
  knownForMs: 48 * 60 * 60_000,
} as const

/** The longest that an endpoint may ask to be left alone. */
export const longestHoldMs = 24 * 60 * 60_000
const firstHoldMs = 1000
const longestOwnHoldMs = 60_000

export const newCondition = (): Condition => ({
  flight: newFlight(),
  window: emptyWindow(),
  breaker: undefined,
  heldUntil: 0,
  refusals: 0,
  failing: undefined,
  tokens: undefined,
})

/** How many deliveries may be on the wire; one while its breaker is open. */
export const placesOf = ({ breaker, flight }: Condition, most: number): number =>
  breaker ? 1 : allowedBy(flight, most)

/** How many deliveries may start now by the endpoint's rate. */
export function mayStart(condition: Condition, rate: EndpointRate | null, now: number): number {
  if (!rate) return Number.POSITIVE_INFINITY
  condition.tokens ??= fullTokens(rate, now)
  refill(condition.tokens, rate, now)
  return Math.floor(condition.tokens.left)
}

/** A delivery starts. */
export function spend({ tokens }: Condition): void {
  if (tokens) tokens.left -= 1
}

/** Until when nothing may start; in the past when something may. */
export function sleepsUntil(condition: Condition, rate: EndpointRate | null, now: number): number {
  setRight(condition, now)
  const { breaker, heldUntil } = condition
  let until = heldUntil
  if (breaker) until = Math.max(until, breaker.until)
  if (rate && mayStart(condition, rate, now) < 1 && condition.tokens) {
    until = Math.max(until, tokensAt(condition.tokens, rate))
  }
  return until
}

/** Learns from an attempt that has ended. */
export function learn(condition: Condition, ended: Ended): Turn {
  return ended.sign === 'success' ? learnSuccess(condition, ended) : learnFailure(condition, ended)
}

function learnSuccess(condition: Condition, ended: Ended): Turn {
  const { breaker, window, flight } = condition
  condition.failing = undefined
  condition.refusals = 0
  if (breaker) {
    if (!isProbe(breaker, ended)) return undefined
    condition.breaker = undefined
    condition.window = emptyWindow()
    return 'closed'
  }
  countAttempt(window, true, ended.endedAt)
  raise(flight, ended, ended.most)
  return undefined
}

function learnFailure(condition: Condition, ended: Ended): Turn {
  const { sign, startedAt, endedAt, most } = ended
  const failing = stillFailing(condition, startedAt) ?? { since: startedAt, attempts: 0 }
  failing.attempts++
  failing.lastAt = endedAt
  condition.failing = failing
  if (sign === 'refusal') hold(condition, ended)
  else countAttempt(condition.window, false, endedAt)
  if (sign !== 'failure') lower(condition.flight, ended, most)
  if (endedAt - failing.since >= giveUpRule.afterMs && failing.attempts >= giveUpRule.leastAttempts) return 'given-up'
  if (condition.breaker) {
    if (isProbe(condition.breaker, ended)) condition.breaker = keepOpen(condition.breaker, endedAt)
  } else if (sign !== 'refusal' && isBroken(condition.window)) {
    condition.breaker = openBreaker(endedAt)
    return 'opened'
  }
  return undefined
}

function stillFailing({ failing }: Condition, now: number): Failing | undefined {
  return failing && now - (failing.lastAt ?? now) > giveUpRule.knownForMs ? undefined : failing
}

/** No clock that was set back makes anything wait for longer than it could from now on. */
export function setRight(condition: Condition, now: number): void {
  const { breaker, flight } = condition
  if (breaker) breaker.until = Math.min(breaker.until, now + breakerRule.longestWaitMs)
  condition.heldUntil = Math.min(condition.heldUntil, now + longestHoldMs)
  flight.loweredAt = Math.min(flight.loweredAt, now)
}

/** What was under way when the breaker opened is no probe. */
const isProbe = ({ until }: Breaker, { startedAt }: Ended): boolean => startedAt >= until

/** The receiver wants to be left alone: as long as it says, or a little longer each time. */
function hold(condition: Condition, { retryAfterMs, startedAt, endedAt }: Ended): void {
  if (retryAfterMs !== undefined) {
    condition.heldUntil = Math.max(condition.heldUntil, endedAt + Math.min(retryAfterMs, longestHoldMs))
  } else if (startedAt >= condition.heldUntil) {
    // Those that were under way together ask once.
    condition.heldUntil = endedAt + Math.min(firstHoldMs * 2 ** condition.refusals, longestOwnHoldMs)
    condition.refusals = Math.min(condition.refusals + 1, 10)
  }
}
