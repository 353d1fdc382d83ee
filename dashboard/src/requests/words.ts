import type { RequestHead } from '@trunkline/sdk'

/** A sign and a class for how a request ended. */
export type Standing = 'good' | 'open' | 'again' | 'bad' | 'odd'

const marks: Readonly<Record<Standing, string>> = { good: '✓', open: '○', again: '↺', bad: '✕', odd: '!' }

/** What is said of a cause in as few words as a row has room for. */
const phrases: Readonly<Record<string, string>> = {
  MISSING_SIGNATURE: 'shows no signature or token',
  MALFORMED_SIGNATURE: 'its signature has another form',
  SIGNATURE_MISMATCH: 'its signature fits no secret of the source',
  WRONG_SECRET: 'signed with another secret',
  BODY_CHANGED: 'its body was changed on the way',
  STALE: 'too old when it came',
  FROM_FUTURE: 'its time was still to come',
  TOO_LARGE: 'its body is too large',
  UNPARSABLE: 'no event could be read out of it',
  BODY_DIFFERS: 'came before with other bytes',
  REPEATED: 'came before',
  HELD: 'its events wait for the source to be enabled',
  SHARED: 'its events went to several customers',
}

/** The causes that a list can be narrowed to, as the server knows them. */
export const knownCauses: readonly string[] = Object.keys(phrases)

/** A cause in words; one that this page does not know yet, as its code in small letters. */
export function causeInWords(cause: string): string {
  return Object.hasOwn(phrases, cause) ? (phrases[cause] ?? '') : cause.toLowerCase().replaceAll('_', ' ')
}

/** How a request ended, with the sign for it. */
export function standingOf({ verdict, cause }: Pick<RequestHead, 'verdict' | 'cause'>): {
  standing: Standing
  mark: string
} {
  const standing = standings(verdict, cause)
  return { standing, mark: marks[standing] }
}

function standings(verdict: RequestHead['verdict'], cause: string | null): Standing {
  // It is genuine, and nothing came of it.
  if (cause === 'UNPARSABLE') return 'odd'
  switch (verdict) {
    case 'quarantined':
      return 'bad'
    case 'duplicate':
      return 'again'
    case 'unsigned':
      return 'open'
    default:
      return 'good'
  }
}
