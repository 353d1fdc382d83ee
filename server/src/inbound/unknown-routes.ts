import type { Clock } from '../base/clock.ts'
import type { Commit } from '../base/command.ts'
import type { Log } from '../base/log.ts'
import { noteUnknownRoutes } from './keep-route.ts'
import type { UnknownSighting } from './source-store.ts'

/** How often what was seen is written down: a statistic must not cost every request a write. */
const writeMs = 1000
/** Routes remembered between two writes; what is beyond is not counted. */
const kept = 1000

/** Counts the events whose route their source does not know. */
export interface UnknownRoutes {
  note(sourceId: string, route: string): void
  /** Writes down what is left. */
  close(): Promise<void>
}

/** Adds up in memory and writes once a second. A process that dies takes at most the last second's counts with it. */
export function countUnknownRoutes({
  commit,
  clock,
  journal,
}: {
  commit: Commit
  clock: Clock
  journal: Log
}): UnknownRoutes {
  let seen = new Map<string, UnknownSighting>()
  async function write(): Promise<void> {
    if (seen.size === 0) return
    const sightings = [...seen.values()]
    seen = new Map()
    await commit(noteUnknownRoutes, sightings).catch((error: Error) => journal.warn('routes.uncounted', { error }))
  }
  const timer = setInterval(write, writeMs).unref()
  return {
    note(sourceId, route) {
      const name = `${sourceId} ${route}`
      const before = seen.get(name)
      if (!before && seen.size >= kept) return
      seen.set(name, { sourceId, route, count: (before?.count ?? 0) + 1, at: clock.now() })
    },
    close() {
      clearInterval(timer)
      return write()
    },
  }
}
