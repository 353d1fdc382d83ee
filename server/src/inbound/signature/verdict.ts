import type { Headers, RefusalCause, Verdict } from '../source.ts'
import { timeFault } from './timestamp.ts'

export type Refused = Extract<Verdict, { kind: 'refused' }>

export const verified: Verdict = { kind: 'verified' }

/** A refusal. Its detail is one sentence that names the header; it never holds a secret, or a signature that would do. */
export function refused(cause: RefusalCause, detail: string): Refused {
  return { kind: 'refused', cause, detail }
}

/** The one value of a header that proof needs. A doubled header is refused: one part may have read the other value. */
export function soleHeader(headers: Headers, name: string): string | Refused {
  const values = headers.all(name)
  const value = values[0]
  if (value === undefined) return refused('MISSING_SIGNATURE', `header ${name} is missing`)
  if (values.length > 1) return refused('MALFORMED_SIGNATURE', `header ${name} came ${values.length} times`)
  return value
}

/** The refusal of a header whose signatures fit no secret. */
export function mismatch(header: string, keyCount: number): Refused {
  return mismatchAt(`header ${header}`, keyCount)
}

/** The refusal of a proof that fits no secret and may stand elsewhere than in a header. */
export function mismatchAt(place: string, keyCount: number): Refused {
  const why =
    keyCount === 0
      ? 'cannot be checked, because the source has no usable secret'
      : `fits no secret of the source (${keyCount} tried)`
  return refused('SIGNATURE_MISMATCH', `${place} ${why}`)
}

/** The verdict on a request that is rightly signed, from the time that was signed with it. */
export function verifiedInTime(header: string, seconds: number, nowMs: number, toleranceSeconds: number): Verdict {
  const fault = timeFault(seconds, nowMs, toleranceSeconds)
  if (!fault) return verified
  const where = fault.cause === 'STALE' ? 'old' : 'in the future'
  return refused(
    fault.cause,
    `header ${header} is rightly signed, but its time is ${fault.secondsAway} seconds ${where} (${toleranceSeconds} are allowed)`,
  )
}
