import type { Clock } from '../base/clock.ts'

/** How long a body may come as it likes. */
const graceMs = 5000
/** Then in each such span as much must come as the floor asks of it. */
const spanMs = 5000
/** How often it is looked. */
const lookMs = 1000

/** Gives up bodies that come too slowly: each of them holds a connection and what has come of it. */
export interface Pace {
  /** A body begins. `giveUp` is called at most once, and not after the end. */
  begin(giveUp: () => void): Reading
}

/** A body that is being read. */
export interface Reading {
  note(bytes: number): void
  end(): void
}

interface Watched {
  giveUp(): void
  /** When the span began that is measured, and what has come in it. */
  since: number
  bytes: number
}

/** Watches over bodies with one timer for all: most of them are there at once and cost nothing. Nought gives none up. */
export function watchPace({ slowest, clock }: { slowest: number; clock: Pick<Clock, 'elapsed'> }): Pace {
  const watched = new Set<Watched>()
  let timer: NodeJS.Timeout | undefined
  let lookedAt = 0

  function look(): void {
    const now = clock.elapsed()
    // This process stood still: what came meanwhile has not been read yet, and nobody was slow.
    const wasAway = now - lookedAt > 2 * lookMs
    lookedAt = now
    for (const each of watched) {
      if (wasAway) each.since = Math.max(each.since, now)
      if (now < each.since) each.bytes = 0
      if (now - each.since < spanMs) continue
      if (each.bytes < (slowest * spanMs) / 1000) each.giveUp()
      each.since = now
      each.bytes = 0
    }
    if (watched.size === 0) stop()
  }

  function stop(): void {
    clearInterval(timer)
    timer = undefined
  }

  return {
    begin(giveUp) {
      const now = clock.elapsed()
      // The grace is a time before the first span, which therefore begins in the future.
      const reading: Watched = { giveUp, since: now + graceMs, bytes: 0 }
      if (slowest > 0) {
        watched.add(reading)
        if (!timer) {
          lookedAt = now
          timer = setInterval(look, lookMs).unref()
        }
      }
      return {
        note(bytes) {
          reading.bytes += bytes
        },
        end: () => void watched.delete(reading),
      }
    },
  }
}
