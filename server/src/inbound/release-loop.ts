import type { Commit } from '../base/command.ts'
import { StoreUnavailable } from '../base/errors.ts'
import type { Log } from '../base/log.ts'
import type { Meter } from '../base/meter.ts'
import { releaseHeld } from '../events/append.ts'
import type { SourceReads } from './source-store.ts'

/** How often sources are looked for that another process has resumed. */
const pollMs = 1000
/** Sources that are released side by side. */
const sourcesAtOnce = 16

export interface ReleaseLoop {
  /** A source may have been resumed. */
  wake(): void
  /** Ends after the batches that are under way. */
  stop(): Promise<void>
}

/**
 * Makes the events of what paused sources held, once they are resumed: batch by batch, oldest first. What is made and what
 * is left is one transaction's matter, so this may die at any moment, and several processes may do it at once.
 */
export function startReleasing(needs: {
  sources: Pick<SourceReads, 'releasing'>
  commit: Commit
  journal: Log
  meter: Meter
  /** Events were made. */
  onReleased(): void
}): ReleaseLoop {
  let isStopping = false
  let isWoken = false
  let rouse: (() => void) | undefined

  function pause(): Promise<void> {
    if (isStopping || isWoken) return Promise.resolve()
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, pollMs)
      rouse = () => {
        clearTimeout(timer)
        resolve()
      }
    })
  }

  async function run(): Promise<void> {
    while (!isStopping) {
      isWoken = false
      if (!(await step(needs))) await pause()
      rouse = undefined
    }
  }

  const running = run()
  return {
    wake() {
      isWoken = true
      rouse?.()
    },
    async stop() {
      isStopping = true
      rouse?.()
      await running
    },
  }
}

/** Releases one batch of each source; answers whether there is more to do at once. */
async function step({ sources, commit, journal, meter, onReleased }: Parameters<typeof startReleasing>[0]) {
  try {
    const ids = await sources.releasing(sourcesAtOnce)
    const released = await Promise.all(ids.map((sourceId) => commit(releaseHeld, { sourceId })))
    for (const [i, { requests, events }] of released.entries()) {
      if (requests > 0) journal.info('released', { source: ids[i], requests, events })
    }
    const events = released.reduce((sum, each) => sum + each.events, 0)
    if (events > 0) {
      meter.add('trunkline_released_total', events)
      onReleased()
    }
    return released.length === sourcesAtOnce || released.some(({ isDone }) => !isDone)
  } catch (error) {
    if (!(error instanceof StoreUnavailable)) journal.error('release.failed', { error: error as Error })
    return false
  }
}
