import { z } from 'zod'

/** The setting of kinds that sign a time: how far it may be from ours, either way. */
export const toleranceSeconds = z.int().min(1).max(86_400)

/**
 * The seconds that a timestamp stands for, or undefined unless it is 1 to 15 decimal digits and nothing else. `parseInt`
 * would read `1614265330.5` as a right time, and a dot inside a timestamp lets bytes move between it and the body without
 * changing what was signed; `NaN` is inside every tolerance that asks whether it is outside.
 */
export function parseSeconds(text: string): number | undefined {
  return /^[0-9]{1,15}$/.test(text) ? Number(text) : undefined
}

/** Whether a moment is too far from now, to the second as the vendors' SDKs count. Anything but a number is stale. */
export function timeFault(
  seconds: number,
  nowMs: number,
  mostSecondsAway: number,
): { cause: 'STALE' | 'FROM_FUTURE'; secondsAway: number } | undefined {
  const age = Math.floor(nowMs / 1000) - seconds
  if (Math.abs(age) <= mostSecondsAway) return undefined
  return age < 0 ? { cause: 'FROM_FUTURE', secondsAway: -age } : { cause: 'STALE', secondsAway: age }
}
