import type { Clock } from '../base/clock.ts'

/** What is looked up stays true for this long. */
const freshMs = 1000
/** Names kept in memory, known and unknown: a flood of guesses pushes out other guesses first. */
const kept = 10_000

interface Entry<Found> {
  found: Promise<Found | undefined>
  at: number
}

/** Remembers look-ups for a second. */
export interface Fresh<Found> {
  find(name: string): Promise<Found | undefined>
  forget(): void
}

/** Looks things up by their names, each at most once a second, however many ask. */
export function keepFresh<Found>(load: (name: string) => Promise<Found | undefined>, clock: Clock): Fresh<Found> {
  const known = new Map<string, Entry<Found>>()
  const unknown = new Map<string, Entry<Found>>()
  /** Look-ups under way: whoever asks meanwhile waits for the same one. */
  const looking = new Map<string, Entry<Found>>()

  function look(name: string, at: number): Entry<Found> {
    const entry: Entry<Found> = { found: load(name), at }
    looking.set(name, entry)
    const end = (keep: () => void) => {
      // Forgotten while it was under way: what it read may be older than the change.
      if (looking.get(name) !== entry) return
      looking.delete(name)
      keep()
    }
    entry.found.then(
      (found) =>
        end(() => {
          known.delete(name)
          remember(found === undefined ? unknown : known, name, entry)
        }),
      () => end(() => {}), // whoever waits for it hears of it
    )
    return entry
  }

  return {
    async find(name) {
      const now = clock.elapsed()
      const fresh = [known.get(name), unknown.get(name)].find((entry) => entry && now - entry.at < freshMs)
      return (fresh ?? looking.get(name) ?? look(name, now)).found
    },
    forget() {
      for (const entries of [known, unknown, looking]) entries.clear()
    },
  }
}

function remember<Found>(entries: Map<string, Entry<Found>>, name: string, entry: Entry<Found>): void {
  entries.delete(name)
  entries.set(name, entry)
  const [oldest] = entries.keys()
  if (entries.size > kept && oldest !== undefined) entries.delete(oldest)
}
