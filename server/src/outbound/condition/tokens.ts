import type { EndpointRate } from '../endpoint/endpoint.ts'

/** What is left of an endpoint's rate. */
export interface Tokens {
  left: number
  at: number
}

const periodMs = { second: 1000, minute: 60_000, hour: 3_600_000 } as const

/** So much of the rate may start at once; the rest follows evenly. */
const burstMs = 200
/** Work is looked for when there are tokens for this long, and not for each by itself. */
const batchMs = 100

const perMs = ({ limit, per }: EndpointRate): number => limit / periodMs[per]
const burstOf = (rate: EndpointRate): number => Math.max(1, perMs(rate) * burstMs)

export const fullTokens = (rate: EndpointRate, now: number): Tokens => ({ left: burstOf(rate), at: now })

/** Adds what has come since the last time. A clock that was set back adds nothing, and takes nothing away. */
export function refill(tokens: Tokens, rate: EndpointRate, now: number): void {
  tokens.left = Math.min(burstOf(rate), tokens.left + Math.max(0, now - tokens.at) * perMs(rate))
  tokens.at = now
}

/** From when on work may be looked for; now or before when there is a token. */
export function tokensAt({ left, at }: Tokens, rate: EndpointRate): number {
  if (left >= 1) return at
  const wanted = Math.max(1, Math.min(burstOf(rate), perMs(rate) * batchMs))
  return at + Math.ceil((wanted - left) / perMs(rate))
}
