import type { Api } from '../api.ts'
import { ApiError } from '../api-error.ts'
import { element, fill } from '../parts/element.ts'
import { time } from '../parts/time.ts'

/** The line at the top that says that all deliveries are paused. */
export interface PauseLine {
  node: HTMLElement
  /** Brings it up to date. Without an answer it stays as it is. */
  read(): Promise<void>
}

/** Makes the line; a key that may not know of it shows nothing. */
export function openPauseLine(api: Pick<Api, 'deliveryPause'>): PauseLine {
  // Read out whenever it is written into: so it is there from the start, without the time, which changes each second.
  const words = element('span', { role: 'status' })
  const since = element('span')
  const node = element('p', {}, words, since)
  let shown: string | null = null
  let isRefused = false
  const show = (pausedAt: string | null) => {
    if (pausedAt === shown) return
    shown = pausedAt
    const isPaused = pausedAt !== null
    node.classList.toggle('paused-line', isPaused)
    fill(words, isPaused && 'All deliveries are paused: nothing is sent until they are resumed.')
    fill(since, isPaused && [' They were paused ', time(pausedAt), '.'])
  }
  return {
    node,
    async read() {
      if (isRefused) return
      try {
        show((await api.deliveryPause()).pausedAt)
      } catch (error) {
        if (!(error instanceof ApiError)) throw error
        isRefused = error.status === 403
      }
    },
  }
}
