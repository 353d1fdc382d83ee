/** Whose deliveries are counted: of an endpoint, of a customer's events, or of the whole workspace. */
export interface CountedDeliveries {
  endpointId?: string
  customer?: string
}

/** Milliseconds: `from` inclusive, `to` exclusive. */
export interface Span {
  from: number
  to: number
}

/** Deliveries that were made in one hour and stand alike. */
export interface Counted {
  /** When the hour began, in milliseconds. */
  hour: number
  status: 'pending' | 'waiting' | 'success' | 'failed'
  /** Whether an attempt has been made. */
  isTried: boolean
  count: number
}

export interface DeliveryCounts {
  /** The span in which every delivery was counted: it begins later than asked for when there are too many. */
  from: number
  to: number
  counted: readonly Counted[]
  /** How long the latest attempts took, in milliseconds, shortest first. */
  tookMs: readonly number[]
}

/** What waits to be sent, of one endpoint. */
export interface QueuedWork {
  endpointId: string
  /** How many may be on the wire to it at once. */
  concurrency: number
  /** Whether a process holds its lane: what is due is on the wire, or next in line. */
  isHeld: boolean
  /** Deliveries that are due, and that are due later. */
  due: number
  delayed: number
  /** Deliveries that wait for another one of their key to end. */
  behind: number
}

export interface Queued {
  endpoints: readonly QueuedWork[]
  /** When the delivery that is due for the longest time became so; null when none is due. */
  oldestDueAt: number | null
  /** Whether there were more than are counted. */
  isAtLeast: boolean
}

/** Numbers over deliveries: exact where nothing says otherwise, and never more rows looked at than so many. */
export interface StatisticsReads {
  /** Counts the deliveries that were made in a span, the latest `most` of them. */
  deliveries(
    workspaceId: string,
    of: CountedDeliveries,
    span: Span,
    most: { deliveries: number; attempts: number },
  ): Promise<DeliveryCounts>
  /** Counts unfinished deliveries, up to `most`. */
  queue(workspaceId: string, now: number, most: number): Promise<Queued>
}

/** The value below which so many hundredths of the sorted values lie, by the nearest rank; null without values. */
export function percentile(sorted: readonly number[], hundredths: number): number | null {
  return sorted[Math.max(0, Math.ceil((sorted.length * hundredths) / 100) - 1)] ?? null
}
