import { Problem } from '../base/errors.ts'

export interface StreamLimits {
  /** Streams in this process. */
  total: number
  /** Streams of one key in this process. */
  perKey: number
}

const retryAfterSeconds = 5

/** Counts the streams of a process. `take` answers what gives the place back, or throws when there is none. */
export function createPlaces({ total, perKey }: StreamLimits, onCount: (open: number) => void) {
  const ofKeys = new Map<string, number>()
  let open = 0

  function count(credentialId: string, by: 1 | -1): void {
    open += by
    const ofKey = (ofKeys.get(credentialId) ?? 0) + by
    if (ofKey > 0) ofKeys.set(credentialId, ofKey)
    else ofKeys.delete(credentialId)
    onCount(open)
  }

  return {
    take(credentialId: string): () => void {
      const ofKey = ofKeys.get(credentialId) ?? 0
      const refuse = (code: 'TOO_MANY_STREAMS' | 'OVERLOADED', detail: string) =>
        new Problem(code, detail, { retryAfterSeconds })
      if (ofKey >= perKey) throw refuse('TOO_MANY_STREAMS', `this key has ${ofKey} streams open, the most it may have`)
      if (open >= total) throw refuse('OVERLOADED', `${open} streams are open, the most that this process serves`)
      count(credentialId, 1)
      let isGiven = false
      return () => {
        if (isGiven) return
        isGiven = true
        count(credentialId, -1)
      }
    },
  }
}
