import type { Api } from '../api.ts'
import { settle } from '../read.ts'

/** How many events are parked, for the link to them. */
export interface ParkedCount {
  read(): Promise<void>
  /** Undefined when there are none, or nobody may know. */
  words(): string | undefined
}

export function openParkedCount(api: Pick<Api, 'parkedEvents'>): ParkedCount {
  let words: string | undefined
  let isRefused = false
  return {
    async read() {
      if (isRefused) return
      const parked = await settle(api.parkedEvents({ state: 'parked' }))
      // A key that may not know is not to be asked for again and again.
      isRefused = parked.kind === 'failed' && parked.fault.status >= 400 && parked.fault.status < 500
      if (parked.kind !== 'read' || parked.items.length === 0) words = undefined
      else words = `${parked.items.length}${parked.hasMore ? '+' : ''}`
    },
    words: () => words,
  }
}
