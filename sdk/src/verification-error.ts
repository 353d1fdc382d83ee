/** Why a delivery was refused; the same words as in the server's record of requests. */
export type RefusalCode =
  | 'UNUSABLE_SECRET'
  | 'MISSING_SIGNATURE'
  | 'MALFORMED_SIGNATURE'
  | 'SIGNATURE_MISMATCH'
  | 'STALE'
  | 'FROM_FUTURE'

/** A request that is not a genuine, recent delivery. Answer it with 401 and do not tell the caller which of these it was. */
export class VerificationError extends Error {
  override readonly name = 'VerificationError'
  readonly code: RefusalCode

  constructor(code: RefusalCode, message: string) {
    super(message)
    this.code = code
  }
}
