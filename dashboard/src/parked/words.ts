import type { ParkedEvent, ParkedState } from '@trunkline/sdk'

export const states: readonly ParkedState[] = ['parked', 'retrying', 'waiting', 'handled', 'dismissed']

/** A sign for each state, and the sentence that says it. */
export const stateWords: Readonly<Record<ParkedState, { mark: string; words: string }>> = {
  parked: { mark: '✕', words: 'It failed until its time was up, and stands until somebody has it handled again.' },
  retrying: { mark: '↻', words: 'It failed and is tried again by itself.' },
  waiting: { mark: '…', words: 'It waits behind an earlier event of its subject, or for a closer look.' },
  handled: { mark: '✓', words: 'It was parked, and has been handled since.' },
  dismissed: { mark: '–', words: 'It was parked, and somebody has decided that it is not to be handled.' },
}

const phrases: Readonly<Record<string, string>> = {
  HANDLER_THREW: 'the follower failed at it',
  HANDLER_TIMED_OUT: 'reading it took too long',
  HANDLER_EXITED: 'reading it ended the process',
  HANDLER_OUT_OF_MEMORY: 'reading it took too much memory',
  EVENT_GONE: 'it is not in the log any more',
}

/** A cause in words; one that this page does not know yet, as its code in small letters. */
export function causeInWords(cause: string): string {
  return Object.hasOwn(phrases, cause) ? (phrases[cause] ?? '') : cause.toLowerCase().replaceAll('_', ' ')
}

/** Only what has failed can be run again. */
export const canRerun = ({ state }: Pick<ParkedEvent, 'state'>): boolean => state === 'parked' || state === 'retrying'

/** What is not at its end can be put there. */
export const canDismiss = ({ state }: Pick<ParkedEvent, 'state'>): boolean =>
  state !== 'handled' && state !== 'dismissed'
