import type { Clock } from '../base/clock.ts'

/** What is looked up is looked up again after this long, whatever the version says. */
const keptMs = 60_000
/** Names kept in memory, known and unknown: a flood of guesses pushes out other guesses first. */
const kept = 10_000

interface Entry<Found> {
  found: Promise<Found | undefined>
  /** When it was looked up, by the stopwatch. */
  at: number
  version: number
  /** When it ends by itself, by the clock. */
  endsAt: number
}

/** Remembers look-ups until something changes. */
export interface Fresh<Found> {
  find(name: string): Promise<Found | undefined>
  forget(): void
}

export interface FreshNeeds<Found> {
  load(name: string): Promise<Found | undefined>
  /** Another number whenever anything that is looked up may have changed. */
  version(): Promise<number>
  /** When what was found has to be looked up again by itself, in milliseconds since 1970. */
  endOf(found: Found): number
  clock: Clock
}

/** Looks things up by their names, each once until the version is another, however many ask. */
export function keepFresh<Found>({ load, version, endOf, clock }: FreshNeeds<Found>): Fresh<Found> {
  const known = new Map<string, Entry<Found>>()
  const unknown = new Map<string, Entry<Found>>()
  /** Look-ups under way: whoever asks meanwhile waits for the same one. */
  const looking = new Map<string, Entry<Found>>()

  function look(name: string, version: number): Entry<Found> {
    const entry: Entry<Found> = {
      found: load(name),
      at: clock.elapsed(),
      version,
      endsAt: Number.POSITIVE_INFINITY,
    }
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
          unknown.delete(name)
          if (found !== undefined) entry.endsAt = endOf(found)
          remember(found === undefined ? unknown : known, name, entry)
        }),
      () => end(() => {}), // whoever waits for it hears of it
    )
    return entry
  }

  return {
    async find(name) {
      // Before the look-up: a change that comes in between is seen at the next question.
      const now = await version()
      const entry = known.get(name) ?? unknown.get(name)
      if (entry?.version === now && clock.elapsed() - entry.at < keptMs && clock.now() < entry.endsAt)
        return entry.found
      const underWay = looking.get(name)
      return (underWay?.version === now ? underWay : look(name, now)).found
    },
    forget() {
      for (const entries of [known, unknown, looking]) entries.clear()
    },
  }
}

function remember<Found>(entries: Map<string, Entry<Found>>, name: string, entry: Entry<Found>): void {
  entries.set(name, entry)
  const [oldest] = entries.keys()
  if (entries.size > kept && oldest !== undefined) entries.delete(oldest)
}
