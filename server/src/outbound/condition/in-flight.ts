/** How many deliveries may be on the wire to one endpoint, as its answers have taught. */
export interface InFlight {
  /** A part of one counts only when it is whole; infinite while nothing speaks against what the endpoint allows. */
  limit: number
  /** When it was last lowered, 0 if never. What had begun by then tells nothing new. */
  loweredAt: number
  /** How long answers take, of late and as a rule, in milliseconds; 0 before the first. */
  recentMs: number
  usualMs: number
}

/** An attempt that has ended, and how many were on the wire with it. */
export interface FlightEnd {
  startedAt: number
  endedAt: number
  tookMs: number
  onWire: number
}

/** Answers that take more than twice as long as they use to, and this much more, say that the receiver has too much to do. */
const slowerMs = 100

/**
 * So many go to an endpoint at first, and one more with each that succeeds: one that hangs from the start holds few places,
 * and one that works has all of its own a moment later.
 */
export const firstOnWire = 10

export const newFlight = (): InFlight => ({
  limit: firstOnWire,
  loweredAt: 0,
  recentMs: 0,
  usualMs: 0,
})

/** How many may be on the wire, where the endpoint allows `most`. */
export const allowedBy = ({ limit }: InFlight, most: number): number => Math.max(1, Math.min(most, Math.floor(limit)))

/**
 * An attempt succeeded: about one more may follow in each round (one more at once, as long as it has never been lowered),
 * until nothing is left of the limit; but when answers take longer and longer, and the wire was at least half full, it is
 * lowered by a tenth once a round.
 */
export function raise(flight: InFlight, attempt: FlightEnd, most: number): void {
  const { startedAt, endedAt, tookMs, onWire } = attempt
  flight.recentMs = flight.recentMs === 0 ? tookMs : flight.recentMs + 0.2 * (tookMs - flight.recentMs)
  const step = tookMs < flight.usualMs ? 0.1 : 0.005
  flight.usualMs = flight.usualMs === 0 ? tookMs : flight.usualMs + step * (tookMs - flight.usualMs)
  const allowed = allowedBy(flight, most)
  if (flight.recentMs > 2 * flight.usualMs + slowerMs && 2 * onWire >= allowed)
    lower(flight, { startedAt, endedAt, onWire: allowed }, most, 0.9)
  else if (flight.limit < most) flight.limit += flight.loweredAt === 0 ? 1 : Math.max(1, 0.1 * allowed) / allowed
  if (flight.limit >= most) flight.limit = Number.POSITIVE_INFINITY
}

/**
 * With fewer than so many on the wire it was not their number that was too much; then the limit comes down from here, or
 * one bad answer would leave an endpoint that was called little with a single place.
 */
const fewOnWire = 10

/**
 * The receiver has too much to do, with as many on the wire as there were: fewer must follow. What was under way together
 * says so together: that counts once.
 */
export function lower(
  flight: InFlight,
  { startedAt, endedAt, onWire }: Pick<FlightEnd, 'startedAt' | 'endedAt' | 'onWire'>,
  most: number,
  factor = 0.5,
): void {
  if (startedAt <= flight.loweredAt) return
  flight.limit = Math.max(1, Math.min(flight.limit, most, Math.max(onWire, fewOnWire)) * factor)
  flight.loweredAt = endedAt
}
