/** So many at once, and so many again in each period. */
export interface Rate {
  amount: number
  perMs: number
}

/** Token buckets, one a name: full when it is first asked, emptied by one each time, filled evenly. */
export interface Buckets {
  /** Takes one, and answers 0; or takes none, and answers in how many milliseconds there will be one. */
  take(name: string, rate: Rate): number
  readonly size: number
}

interface Bucket {
  tokens: number
  at: number
}

/** Sums of parts of tokens are a little off; a billionth of one is nothing. */
const speck = 1e-9

/**
 * Makes buckets on a stopwatch that never jumps. At most `most` are kept: the one that was longest not asked goes, and has
 * mostly filled up by then, which is as good as new. The rate may differ from one time to the next.
 */
export function createBuckets({ elapsed, most }: { elapsed(): number; most: number }): Buckets {
  const buckets = new Map<string, Bucket>()
  return {
    take(name, { amount, perMs }) {
      const now = elapsed()
      const perToken = perMs / amount
      // What is less than one a period is still one now and then.
      const room = Math.max(1, amount)
      const bucket = buckets.get(name) ?? { tokens: room, at: now }
      bucket.tokens = Math.min(room, bucket.tokens + (now - bucket.at) / perToken)
      bucket.at = now
      const isThere = bucket.tokens >= 1 - speck
      if (isThere) bucket.tokens = Math.max(0, bucket.tokens - 1)
      buckets.delete(name)
      buckets.set(name, bucket)
      const [oldest] = buckets.keys()
      if (buckets.size > most && oldest !== undefined) buckets.delete(oldest)
      return isThere ? 0 : (1 - bucket.tokens) * perToken
    },
    get size() {
      return buckets.size
    },
  }
}
