import { timingSafeEqual } from 'node:crypto'
import { VerificationError } from './verification-error.ts'

/** What a genuine request says of itself. */
export interface Proof {
  id: string
  /** The time that was signed, and the header that holds it; undefined where none is. */
  time: { header: string; seconds: number } | undefined
}

/** How many signatures are looked at. Three are enough for a rotation. */
export const mostSignatures = 16

/** Whether one of the signatures is the expected one, in a time that does not tell how much was right. */
export function isAmong(expected: Buffer, signatures: readonly Buffer[]): boolean {
  let found = false
  // `timingSafeEqual` throws on unequal lengths.
  for (const signature of signatures) {
    if (signature.length === expected.length && timingSafeEqual(signature, expected)) found = true
  }
  return found
}

export function mismatch(header: string, covered: string): VerificationError {
  return new VerificationError('SIGNATURE_MISMATCH', `header ${header}: no signature fits ${covered} with this secret`)
}
