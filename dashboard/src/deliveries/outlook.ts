import type { Delivery, Endpoint } from '@trunkline/sdk'
import { causeInWords } from './causes.ts'

/** Where a delivery stands and what happens next; `at` is the moment that the words lead up to. */
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
    case 'sending':
      return { mark: '→', words: attempts > 0 ? `${tries}, the next is being sent` : 'is being sent', at: null }
    case 'retrying':
    case 'pending': {
      const mark = attempts > 0 ? '↻' : '→'
      const soFar = attempts > 0 ? `${cause === null ? '' : `${causeInWords(cause)} · `}${tries}, ` : ''
      if (endpointStatus === 'paused') return { mark, words: `${soFar}kept until the endpoint is resumed`, at: null }
      return { mark, words: `${soFar}${attempts > 0 ? 'next' : 'first attempt'}`, at: nextAttemptAt }
    }
  }
}
