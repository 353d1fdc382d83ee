import type { Clock } from '../base/clock.ts'

/** How old an answer may be. */
const freshMs = 1000

/** A number that is another one whenever something has changed. */
export interface VersionWatch {
  current(): Promise<number>
  /** It is another one now. */
  forget(): void
}

/** Asks for a version once a second at most, however many want to know it. */
export function watchVersion(ask: () => Promise<number>, clock: Clock): VersionWatch {
  let last: { version: Promise<number>; askedAt: number; isAnswered: boolean } | undefined

  function askAgain(): Promise<number> {
    const asked = { version: ask(), askedAt: clock.elapsed(), isAnswered: false }
    last = asked
    asked.version.then(
      () => {
        asked.isAnswered = true
      },
      () => {
        // Not remembered; whoever waits for it hears of it.
        if (last === asked) last = undefined
      },
    )
    return asked.version
  }

  return {
    current() {
      // Whoever asks while the question is under way waits for the same answer.
      const isFresh = last && (!last.isAnswered || clock.elapsed() - last.askedAt < freshMs)
      return last && isFresh ? last.version : askAgain()
    },
    forget() {
      last = undefined
    },
  }
}
