import type { Clock } from '../base/clock.ts'

/** A token bucket that holds one second's worth. */
export interface Rate {
  /** How many may start now. */
  available(): number
  /** One has started. */
  take(): void
}

/** At most `perSecond` a second, on the clock that never jumps; undefined sets no limit. */
export function createRate(perSecond: number | undefined, clock: Clock): Rate {
  if (perSecond === undefined) return { available: () => Number.POSITIVE_INFINITY, take() {} }
  let tokens = perSecond
  let filledAt = clock.elapsed()
  return {
    available() {
      const now = clock.elapsed()
      tokens = Math.min(Math.max(1, perSecond), tokens + ((now - filledAt) / 1000) * perSecond)
      filledAt = now
      return Math.floor(tokens)
    },
    take() {
      tokens -= 1
    },
  }
}
