import { Problem } from '../base/errors.ts'

export interface StreamLimits {
  /** Streams in this process. */
  total: number
  /** Streams in this process of one key, and of all keys of one customer. */
  perKey: number
}

const retryAfterSeconds = 5

/**
 * Counts the streams of a process. `take` answers what gives the place back to its holder, a key or a customer, or throws when
 * there is none.
 */
export function createPlaces({ total, perKey }: StreamLimits, onCount: (open: number) => void) {
  const ofKeys = new Map<string, number>()
  let open = 0

  function count(holder: string, by: 1 | -1): void {
    open += by
    const ofKey = (ofKeys.get(holder) ?? 0) + by
    if (ofKey > 0) ofKeys.set(holder, ofKey)
    else ofKeys.delete(holder)
    onCount(open)
  }

  return {
    take(holder: string): () => void {
      const ofKey = ofKeys.get(holder) ?? 0
      const refuse = (code: 'TOO_MANY_STREAMS' | 'OVERLOADED', detail: string) =>
        new Problem(code, detail, { retryAfterSeconds })
      if (ofKey >= perKey)
        throw refuse('TOO_MANY_STREAMS', `this key, or its customer, has ${ofKey} streams open, the most there may be`)
      if (open >= total) throw refuse('OVERLOADED', `${open} streams are open, the most that this process serves`)
      count(holder, 1)
      let isGiven = false
      return () => {
        if (isGiven) return
        isGiven = true
        count(holder, -1)
      }
    },
  }
}
