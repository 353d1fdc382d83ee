/**
 * When an endpoint is called less: so many attempts within that time, of which that part failed. It is then called once
 * now and then, with an event that waits for it anyway, until that succeeds.
 */
export const breakerRule = {
  windowMs: 5 * 60_000,
  leastAttempts: 10,
  share: 0.7,
  /** How long after it opened the first probe starts; each one that fails doubles it. */
  firstWaitMs: 30_000,
  longestWaitMs: 5 * 60_000,
} as const

const slots = 10
const slotMs = breakerRule.windowMs / slots

/** How attempts ended within the last five minutes, in slots of half a minute. */
export interface Window {
  /** The number of the newest slot, counted since 1970. */
  slot: number
  /** By the slot's number, modulo their count. */
  succeeded: number[]
  failed: number[]
}

/** An endpoint that is called by single probes only. */
export interface Breaker {
  openedAt: number
  /** From then on one probe may start. */
  until: number
  waitMs: number
  /** When somebody last asked for a probe by hand. */
  askedAt?: number
}

export const emptyWindow = (): Window => ({ slot: 0, succeeded: zeros(), failed: zeros() })

const zeros = (): number[] => new Array<number>(slots).fill(0)

/** Counts an attempt. */
export function countAttempt(window: Window, isSuccess: boolean, now: number): void {
  moveOn(window, now)
  const counts = isSuccess ? window.succeeded : window.failed
  const i = window.slot % slots
  counts[i] = (counts[i] ?? 0) + 1
}

/** Forgets what is older than the window. A clock that was set back begins anew. */
export function moveOn(window: Window, now: number): void {
  const slot = Math.floor(now / slotMs)
  if (slot === window.slot) return
  const gone = slot < window.slot ? slots : Math.min(slots, slot - window.slot)
  for (let n = 0; n < gone; n++) {
    const i = (slot - n) % slots
    window.succeeded[i] = 0
    window.failed[i] = 0
  }
  window.slot = slot
}

export function sumsOf({ succeeded, failed }: Window): { succeeded: number; failed: number } {
  const sum = (counts: readonly number[]) => counts.reduce((all, each) => all + each, 0)
  return { succeeded: sum(succeeded), failed: sum(failed) }
}

/** Whether so much has failed that the endpoint is to be left alone. */
export function isBroken(window: Window): boolean {
  const { succeeded, failed } = sumsOf(window)
  const all = succeeded + failed
  return all >= breakerRule.leastAttempts && failed >= all * breakerRule.share
}

export const openBreaker = (now: number): Breaker => ({
  openedAt: now,
  until: now + breakerRule.firstWaitMs,
  waitMs: breakerRule.firstWaitMs,
})

/** A probe has failed: the next one comes later. */
export function keepOpen(breaker: Breaker, now: number): Breaker {
  const waitMs = Math.min(breaker.waitMs * 2, breakerRule.longestWaitMs)
  return { openedAt: breaker.openedAt, until: now + waitMs, waitMs }
}
