import { StoreUnavailable } from '../base/errors.ts'
import type { Log } from '../base/log.ts'
import type { EventHead } from '../events/event.ts'
import type { LogReads } from '../events/log-store.ts'

export interface TailNeeds {
  log: Pick<LogReads, 'headsOfAll' | 'lastPlace'>
  settledUpTo(): Promise<number>
  journal: Log
}

/** The events that were read at once, in log order, and the place up to which all has been read with them. */
export interface Batch {
  heads: readonly EventHead[]
  place: number
}

/** The end of the log, read once for everybody in this process, and only while somebody listens. */
export interface Tail {
  /** Where the log ends now, as far as it is settled. A tail to which nobody listens is moved there. */
  find(): Promise<number>
  /** The place up to which its listeners have heard everything. */
  place(): number
  /** Hears every batch after `place()`. Answers what ends it. */
  join(listen: (batch: Batch) => void): () => void
  /** There are new events. */
  wake(): void
}

/** Events read at once. */
const batchEvents = 500
/** At most this often is the log read, however quickly events come in. */
const gapMs = 50
/** How often to look without being woken: another process may have appended. */
const pollMs = 250
const afterFaultMs = 500

export function createTail(needs: TailNeeds): Tail {
  const listeners = new Set<(batch: Batch) => void>()
  let place = 0
  let isRunning = false
  let isWoken = false
  let isIdle = false
  let rouse: (() => void) | undefined

  async function run(): Promise<void> {
    isRunning = true
    while (listeners.size > 0) {
      isWoken = false
      const waitMs = await step()
      if (waitMs > 0) await pause(gapMs)
      isIdle = true
      if (waitMs > gapMs && !isWoken) await pause(waitMs - gapMs)
      isIdle = false
    }
    isRunning = false
  }

  /** Reads a batch; answers how long there is no hurry. */
  async function step(): Promise<number> {
    const { log, settledUpTo, journal } = needs
    try {
      const upTo = await settledUpTo()
      const heads = upTo > place ? await log.headsOfAll(place, upTo, batchEvents) : []
      const last = heads.at(-1)
      if (last === undefined) return pollMs
      place = last.seq
      for (const listen of listeners) listen({ heads, place })
      return heads.length === batchEvents ? 0 : pollMs
    } catch (error) {
      // That the database is gone is said elsewhere; the streams stay, and go on when it is back.
      if (!(error instanceof StoreUnavailable)) journal.error('stream.failed', { error: error as Error })
      return afterFaultMs
    }
  }

  function pause(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, ms)
      rouse = () => {
        clearTimeout(timer)
        resolve()
      }
    })
  }

  return {
    async find() {
      const settled = await needs.settledUpTo()
      const found = Math.min(settled, await needs.log.lastPlace())
      if (listeners.size === 0) place = Math.max(place, found)
      return Math.max(place, found)
    },
    place: () => place,
    join(listen) {
      listeners.add(listen)
      if (!isRunning) void run()
      return () => {
        listeners.delete(listen)
        if (listeners.size === 0) rouse?.()
      }
    },
    wake() {
      isWoken = true
      if (isIdle) rouse?.()
    },
  }
}
