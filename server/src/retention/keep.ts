/** How long each class of what is stored is kept, in days. 0 is for ever. */
export interface Keep {
  /** The bodies of requests, the data of events, the answers of receivers. */
  bodiesDays: number
  /** Requests, events, deliveries that ended, their attempts, what is parked. */
  recordsDays: number
  /** Deliveries that succeeded, with their attempts; as long as records when it is left out. */
  successesDays?: number
  /** Requests that were refused. */
  quarantineDays: number
}

/** A pass through what is old, each with a place of its own. They are in the order in which they are best run. */
export const sweeps = {
  'event-data': { keeps: 'bodies', removes: 'the data of events' },
  'request-bodies': { keeps: 'bodies', removes: 'the bodies of requests' },
  'attempt-bodies': { keeps: 'bodies', removes: 'the answers of receivers' },
  quarantine: { keeps: 'quarantine', removes: 'refused requests' },
  succeeded: { keeps: 'successes', removes: 'deliveries that succeeded, with their attempts' },
  attempts: { keeps: 'records', removes: 'attempts' },
  deliveries: { keeps: 'records', removes: 'deliveries that ended' },
  parked: { keeps: 'records', removes: 'parked events' },
  events: { keeps: 'records', removes: 'events' },
  requests: { keeps: 'records', removes: 'requests' },
  'dedupe-keys': { keeps: 'own', removes: 'dedupe keys past their window' },
  'free-pages': { keeps: 'own', removes: 'pages of the file that hold nothing' },
} as const satisfies Record<
  string,
  { keeps: 'bodies' | 'records' | 'successes' | 'quarantine' | 'own'; removes: string }
>

export type SweepName = keyof typeof sweeps

const dayMs = 24 * 60 * 60 * 1000

/** What was received before this time is old for a sweep; undefined when it is kept for ever. */
export function lineOf(sweep: SweepName, keep: Keep, now: number): number | undefined {
  if (sweeps[sweep].keeps === 'own') return now
  // They go with the others that ended.
  if (sweep === 'succeeded' && keep.successesDays === undefined) return undefined
  const days = keptDays(sweep, keep)
  return days === 0 ? undefined : now - days * dayMs
}

/** How many days a sweep keeps what it removes; 0 for ever, or where it is not a setting. */
export function keptDays(sweep: SweepName, keep: Keep): number {
  const { keeps } = sweeps[sweep]
  if (keeps === 'own') return 0
  const { bodiesDays, recordsDays, quarantineDays, successesDays = recordsDays } = keep
  return { bodies: bodiesDays, records: recordsDays, successes: successesDays, quarantine: quarantineDays }[keeps]
}

/** Deliveries are swept a while before the events that they are of. */
const sweptEarlierMs = 60 * 60 * 1000

/** Since when an event that has no delivery has never had one, as far as retention goes. */
export function deliveriesKeptSince(keep: Keep, now: number): number {
  const lines = [lineOf('deliveries', keep, now), lineOf('succeeded', keep, now)]
  const latest = Math.max(...lines.map((line) => line ?? 0))
  return latest === 0 ? 0 : latest + sweptEarlierMs
}
