import type { Clock } from '../base/clock.ts'

/** After this long it is asked again. */
const freshMs = 1000
/** How long an answer is waited for while there is an older one, and how old that may be. */
const patienceMs = 200
const staleMs = 5000

/** A number that is another one whenever something has changed. */
export interface VersionWatch {
  current(): Promise<number>
  /** The same where it was asked for a moment ago; undefined where it has to be asked for. */
  known(): number | undefined
  /** It is another one now. */
  forget(): void
}

/**
 * Asks for a version once a second at most, however many want to know it. An answer that is late keeps nobody waiting while the
 * last one is young enough: senders would be turned away because of what somebody else asks the database at that moment.
 */
export function watchVersion(ask: () => Promise<number>, clock: Clock): VersionWatch {
  let last: { version: number; askedAt: number } | undefined
  let asking: { answer: Promise<number>; isLate: Promise<void> } | undefined

  function askAgain(): { answer: Promise<number>; isLate: Promise<void> } {
    const askedAt = clock.elapsed()
    const asked = { answer: ask(), isLate: new Promise<void>((resolve) => setTimeout(resolve, patienceMs).unref()) }
    asking = asked
    const end = (version?: number) => {
      // Forgotten while it was under way: what it read may be older than the change.
      if (asking !== asked) return
      asking = undefined
      if (version !== undefined) last = { version, askedAt }
    }
    // Whoever waits for it hears of its failure.
    asked.answer.then(end, () => end())
    return asked
  }

  const ageOf = (asked: { askedAt: number } | undefined): number =>
    asked ? clock.elapsed() - asked.askedAt : Number.POSITIVE_INFINITY

  return {
    known: () => (ageOf(last) < freshMs ? last?.version : undefined),
    async current() {
      const known = last
      const age = ageOf(known)
      if (known && age < freshMs) return known.version
      const { answer, isLate } = asking ?? askAgain()
      return known && age < staleMs ? Promise.race([answer, isLate.then(() => known.version)]) : answer
    },
    forget() {
      last = undefined
      asking = undefined
    },
  }
}
