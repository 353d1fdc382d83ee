/** The time of day and a stopwatch. The only place that asks the machine, so that every rule can be tested without waiting. */
export interface Clock {
  /** Milliseconds since 1970, UTC. */
  now(): number
  /** Milliseconds on a clock that never jumps; only differences mean anything. */
  elapsed(): number
}

export const systemClock: Clock = {
  now: () => Date.now(),
  elapsed: () => performance.now(),
}

/** A clock that stands still until it is told to move. For tests. */
export function fakeClock(start = 1_700_000_000_000): Clock & { advance(ms: number): void; set(ms: number): void } {
  let now = start
  let elapsed = 0
  return {
    now: () => now,
    elapsed: () => elapsed,
    advance(ms) {
      now += ms
      elapsed += ms
    },
    set(ms) {
      now = ms
    },
  }
}

/** A number in [0, 1), passed in wherever chance decides. */
export type Random = () => number

export const systemRandom: Random = () => Math.random()
