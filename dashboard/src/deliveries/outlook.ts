import type { Delivery, Endpoint } from '@trunkline/sdk'
import { causeInWords } from './causes.ts'

/** Where a delivery stands and what happens next; `at` is a moment that follows the words. */
export interface Outlook {
  mark: '✓' | '✕' | '↻' | '→' | '…'
  words: string
  at: string | null
}

/** Says where a delivery stands. A paused endpoint keeps its queue, so nothing is due there. */
export function outlook(
  { status, attempts, cause, nextAttemptAt }: Delivery,
  endpointStatus: Endpoint['status'] | undefined,
): Outlook {
  const tries = attempts === 1 ? '1 attempt' : `${attempts} attempts`
  switch (status) {
    case 'success':
      return { mark: '✓', words: attempts > 1 ? `delivered after ${tries}` : 'delivered', at: null }
    case 'failed':
      return {
        mark: '✕',
        words: `${cause === null ? 'given up' : causeInWords(cause)}${attempts > 1 ? `, given up after ${tries}` : ''}`,
        at: null,
      }
    case 'waiting':
      return { mark: '…', words: 'behind an earlier one with the same key', at: null }
    case 'pending': {
      const failed = cause === null ? '' : `${causeInWords(cause)} · `
      const mark = attempts > 0 ? '↻' : '→'
      if (endpointStatus === 'paused') return { mark, words: `${failed}kept until the endpoint is resumed`, at: null }
      return {
        mark,
        words: `${failed}${attempts > 0 ? `attempt ${attempts + 1}` : 'first attempt'}`,
        at: nextAttemptAt,
      }
    }
  }
}
