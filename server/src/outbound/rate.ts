import type { Clock } from '../base/clock.ts'

/** A token bucket that holds one second's worth. */
export interface Rate {
  /** How many may start now. */
  available(): number
  /** One has started. */
  take(): void
}

/** At most `perSecond` a second, as it stands at the time, on the clock that never jumps; undefined sets no limit. */
export function createRate(perSecond: () => number | undefined, clock: Clock): Rate {
  let tokens = perSecond() ?? 0
  let filledAt = clock.elapsed()
  return {
    available() {
      const now = clock.elapsed()
      const most = perSecond()
      if (most === undefined) return Number.POSITIVE_INFINITY
      tokens = Math.min(Math.max(1, most), tokens + ((now - filledAt) / 1000) * most)
      filledAt = now
      return Math.floor(tokens)
    },
    take() {
      tokens -= 1
    },
  }
}
