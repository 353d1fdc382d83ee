import { type Breaker, moveOn, sumsOf } from './breaker.ts'
import { type Condition, type Failing, newCondition } from './condition.ts'

/** A condition as its lane keeps it. What says nothing is left out. */
interface Saved {
  /** The form of the text. */
  v: 1
  /** None when nothing is left of it. */
  limit?: number
  loweredAt?: number
  window?: { slot: number; succeeded: number[]; failed: number[] }
  breaker?: Breaker
  heldUntil?: number
  refusals?: number
  failing?: Failing
  tokens?: { left: number; at: number }
}

/** The condition as text; null when there is nothing to remember, so that of most lanes nothing is ever written. */
export function conditionText(condition: Condition, now: number): string | null {
  const { flight, window, breaker, heldUntil, refusals, failing, tokens } = condition
  moveOn(window, now)
  const beside = {
    ...(sumsOf(window).failed > 0 ? { window } : {}),
    ...(breaker ? { breaker } : {}),
    ...(heldUntil > now ? { heldUntil } : {}),
    ...(refusals > 0 ? { refusals } : {}),
    ...(failing ? { failing } : {}),
    ...(tokens ? { tokens: { left: Math.round(tokens.left * 100) / 100, at: tokens.at } } : {}),
  }
  const { limit, loweredAt } = flight
  // That it rises from its beginning is not worth a write of its own.
  if (Object.keys(beside).length === 0 && (loweredAt === 0 || !Number.isFinite(limit))) return null
  const saved: Saved = { v: 1, ...(Number.isFinite(limit) ? { limit, loweredAt } : {}), ...beside }
  return JSON.stringify(saved)
}

/**
 * The condition that a lane kept. What cannot be read (a later version's) is as good as nothing: the endpoint is found out
 * about anew.
 */
export function readCondition(text: string | null): Condition {
  const condition = newCondition()
  if (text === null) return condition
  const saved = parsed(text)
  if (saved?.v !== 1) return condition
  const { flight } = condition
  flight.limit = saved.limit ?? Number.POSITIVE_INFINITY
  flight.loweredAt = saved.loweredAt ?? 0
  return {
    ...condition,
    window: saved.window ?? condition.window,
    breaker: saved.breaker,
    heldUntil: saved.heldUntil ?? 0,
    refusals: saved.refusals ?? 0,
    failing: saved.failing,
    tokens: saved.tokens,
  }
}

/**
 * The condition that a lane is to keep so that a probe may start at once, because somebody asks for one; undefined when nothing
 * keeps it from starting. A receiver that asked to be left alone is, all the same.
 */
export function withProbeNow(text: string | null, now: number): string | undefined {
  const condition = readCondition(text)
  const { breaker } = condition
  if (!breaker || breaker.until <= now) return undefined
  return conditionText({ ...condition, breaker: { ...breaker, until: now, askedAt: now } }, now) ?? undefined
}

/** Since when a probe may start because somebody asked for one, where whoever holds the lane has not heard of it. */
export function probeAsked(text: string | null, known: Condition): number | undefined {
  const askedAt = readCondition(text).breaker?.askedAt
  return askedAt !== undefined && askedAt > (known.breaker?.askedAt ?? 0) ? askedAt : undefined
}

function parsed(text: string): Saved | null {
  try {
    return JSON.parse(text) as Saved | null
  } catch {
    return null
  }
}
