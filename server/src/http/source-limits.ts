import { createBuckets } from '../base/buckets.ts'
import type { Clock } from '../base/clock.ts'
import { Problem } from '../base/errors.ts'
import type { Log } from '../base/log.ts'
import type { Meter } from '../base/meter.ts'
import type { RateLimit } from '../base/rate-limit.ts'
import type { OpenSource } from '../inbound/open-source.ts'

export interface SourceLimitsNeeds {
  /** For sources without a limit of their own; undefined: they have none. */
  byDefault: RateLimit | undefined
  /** How many processes take requests, this one among them. */
  processes(): number
  clock: Clock
  journal: Log
  meter: Meter
}

/** Lets requests of a source in, as many as it takes. */
export interface SourceLimits {
  /** Throws `RateLimited` for one that is too many. */
  admit(source: Limited): void
}

type Limited = Pick<OpenSource, 'id' | 'rateLimit' | 'definition'>

/** A request beyond the limit of its source. */
export class RateLimited extends Problem {
  readonly headers: Readonly<Record<string, string>>

  constructor({ requests, perSeconds }: RateLimit, waitMs: number) {
    const seconds = Math.max(1, Math.ceil(waitMs / 1000))
    super('RATE_LIMITED', `the source takes ${requests} requests in ${perSeconds} s`, { retryAfterSeconds: seconds })
    this.name = 'RateLimited'
    // https://datatracker.ietf.org/doc/draft-ietf-httpapi-ratelimit-headers/
    this.headers = {
      'ratelimit-policy': `"source";q=${requests};w=${perSeconds}`,
      ratelimit: `"source";r=0;t=${seconds}`,
    }
  }
}

/** Buckets in memory: only sources that exist have one, and those that were longest silent are let go of. */
const bucketsKept = 50_000
/** How often a source's refusals are logged. */
const toldEveryMs = 1000

/** A limit is the whole server's: each process that takes requests has an even part of it. */
export function limitSources({ byDefault, processes, clock, journal, meter }: SourceLimitsNeeds): SourceLimits {
  const buckets = createBuckets({ elapsed: clock.elapsed, most: bucketsKept })
  const told = new Map<string, { at: number; since: number }>()

  /** Says that requests were refused, once a second, and how many. */
  function tell({ id, definition }: Limited): void {
    meter.add('trunkline_requests_total', 1, { kind: definition.kind, verdict: 'refused', cause: 'RATE_LIMITED' })
    const before = told.get(id) ?? { at: Number.NEGATIVE_INFINITY, since: 0 }
    before.since++
    if (clock.elapsed() - before.at >= toldEveryMs) {
      journal.warn('refused', { source: id, kind: definition.kind, code: 'RATE_LIMITED', requests: before.since })
      before.at = clock.elapsed()
      before.since = 0
    }
    if (told.size >= bucketsKept) told.clear()
    told.set(id, before)
  }

  return {
    admit(source) {
      const limit = source.rateLimit ?? byDefault
      if (limit === undefined) return
      const rate = { amount: limit.requests / processes(), perMs: limit.perSeconds * 1000 }
      const waitMs = buckets.take(source.id, rate)
      if (waitMs === 0) return
      tell(source)
      throw new RateLimited(limit, waitMs)
    },
  }
}
