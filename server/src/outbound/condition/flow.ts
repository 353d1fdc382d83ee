import { placesOf } from './condition.ts'
import { readCondition } from './saved.ts'

/** How much an endpoint gets, as its lane's text tells; times in milliseconds. */
export interface Flow {
  /** While its breaker is open: when the next probe may start. */
  probeAt: number | undefined
  heldUntil: number | undefined
  allowed: number
  failingSince: number | undefined
}

export function flowOf(text: string | null, concurrency: number, now: number): Flow {
  const condition = readCondition(text)
  return {
    probeAt: condition.breaker?.until,
    heldUntil: condition.heldUntil > now ? condition.heldUntil : undefined,
    allowed: placesOf(condition, concurrency),
    failingSince: condition.failing?.since,
  }
}
