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
  const { breaker, flight } = condition
  // How far it has risen from its beginning is known to its process alone: shown is where it is going.
  const isRising = !breaker && flight.loweredAt === 0
  return {
    probeAt: breaker?.until,
    heldUntil: condition.heldUntil > now ? condition.heldUntil : undefined,
    allowed: isRising ? concurrency : placesOf(condition, concurrency),
    failingSince: condition.failing?.since,
  }
}
