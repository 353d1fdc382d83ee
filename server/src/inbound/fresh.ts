import type { Clock } from '../base/clock.ts'
import type { VersionWatch } from './watch-version.ts'

/** What is looked up is looked up again after this long, whatever the version says. */
const keptMs = 60_000
/** Names kept in memory, known and unknown: a flood of guesses pushes out other guesses first. */
const kept = 10_000

interface Entry<Found> {
  found: Promise<Found | undefined>
  /** The same once it is there. */
  known?: Found
  /** When it was looked up, by the stopwatch. */
  at: number
  version: number
  /** When it ends by itself, by the clock. */
  endsAt: number
}

/** Remembers look-ups until something changes. */
export interface Fresh<Found> {
  find(name: string): Promise<Found | undefined>
  /** What `find` would answer, where it is known and nothing has to be asked; undefined otherwise. */
  known(name: string): Found | undefined
  forget(): void
}

export interface FreshNeeds<Found> {
  load(name: string): Promise<Found | undefined>
  /** Another number whenever anything that is looked up may have changed. */
  version: Pick<VersionWatch, 'current' | 'known'>
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
          if (found !== undefined) {
            entry.endsAt = endOf(found)
            entry.known = found
          }
          remember(found === undefined ? unknown : known, name, entry)
        }),
      () => end(() => {}), // whoever waits for it hears of it
    )
    return entry
  }

  const isFresh = (entry: Entry<Found> | undefined, now: number | undefined): entry is Entry<Found> =>
    entry !== undefined && entry.version === now && clock.elapsed() - entry.at < keptMs && clock.now() < entry.endsAt

  return {
    known(name) {
      const entry = known.get(name)
      return isFresh(entry, version.known()) ? entry.known : undefined
    },
    async find(name) {
      // Before the look-up: a change that comes in between is seen at the next question.
      const now = await version.current()
      const entry = known.get(name) ?? unknown.get(name)
      if (isFresh(entry, now)) return entry.found
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
