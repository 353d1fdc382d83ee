/** How long each class of what is stored is kept, in days. 0 is for ever. */
export interface Keep {
  /** The bodies of requests, the data of events, the answers of receivers. */
  bodiesDays: number
  /** Requests, events, deliveries that ended, their attempts, what is parked. */
  recordsDays: number
  /** Requests that were refused. */
  quarantineDays: number
}

/** A pass through what is old, each with a place of its own. They are in the order in which they are best run. */
export const sweeps = {
  'event-data': { keeps: 'bodies', removes: 'the data of events' },
  'request-bodies': { keeps: 'bodies', removes: 'the bodies of requests' },
  'attempt-bodies': { keeps: 'bodies', removes: 'the answers of receivers' },
  quarantine: { keeps: 'quarantine', removes: 'refused requests' },
  attempts: { keeps: 'records', removes: 'attempts' },
  deliveries: { keeps: 'records', removes: 'deliveries that ended' },
  parked: { keeps: 'records', removes: 'parked events' },
  events: { keeps: 'records', removes: 'events' },
  requests: { keeps: 'records', removes: 'requests' },
  'dedupe-keys': { keeps: 'own', removes: 'dedupe keys past their window' },
  'free-pages': { keeps: 'own', removes: 'pages of the file that hold nothing' },
} as const satisfies Record<string, { keeps: 'bodies' | 'records' | 'quarantine' | 'own'; removes: string }>

export type SweepName = keyof typeof sweeps

const dayMs = 24 * 60 * 60 * 1000

/** What was received before this time is old for a sweep; undefined when it is kept for ever. */
export function lineOf(sweep: SweepName, { bodiesDays, recordsDays, quarantineDays }: Keep, now: number) {
  const { keeps } = sweeps[sweep]
  if (keeps === 'own') return now
  const days = { bodies: bodiesDays, records: recordsDays, quarantine: quarantineDays }[keeps]
  return days === 0 ? undefined : now - days * dayMs
}

/** Deliveries are swept a while before the events that they are of. */
const sweptEarlierMs = 60 * 60 * 1000

/** Since when an event that has no delivery has never had one, as far as retention goes. */
export function deliveriesKeptSince(keep: Keep, now: number): number {
  const line = lineOf('deliveries', keep, now)
  return line === undefined ? 0 : line + sweptEarlierMs
}
