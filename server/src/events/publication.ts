/**
 * How long the `Idempotency-Key` of a published event is remembered: as long as callers of such APIs are used to
 * (https://datatracker.ietf.org/doc/draft-ietf-httpapi-idempotency-key-header/ leaves it to the server).
 */
export const idempotencyWindowMs = 24 * 60 * 60 * 1000

/** What became of an event that was published. */
export interface Published {
  /** Its id; where its key was known, that of the first one. */
  id: string
  /** Its place in the log; 0 where its key was known. */
  seq: number
  /** Set where its key was known: whether the first one was the same event. */
  repeats?: { isSame: boolean }
}

/** Who has a key already. */
export interface KnownPublication {
  eventId: string
  fingerprint: string
}
