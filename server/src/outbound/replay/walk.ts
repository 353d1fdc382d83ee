import type { EventHead, LoggedEvent } from '../../events/event.ts'
import type { LogReads } from '../../events/log-store.ts'
import type { DeliveryMark, DeliveryReads } from '../delivery/delivery-store.ts'
import type { EndpointReads, Target } from '../endpoint/endpoint-store.ts'
import { wants } from '../fan-out/match.ts'
import type { Choice } from './choice.ts'
import { type Asked, askOf, type EventReading } from './events.ts'

/** A delivery that is meant, or an event that an endpoint has no delivery of. */
export type Chosen = { kind: 'delivery'; delivery: DeliveryMark } | { kind: 'missed'; event: EventHead }

/** A part of what is meant. */
export interface Part {
  chosen: readonly Chosen[]
  /** Where the next part begins. */
  cursor: string | null
  /** There is nothing behind it. */
  isEnd: boolean
}

/** What a walk reads. */
export interface WalkReads extends EventReading {
  log: Pick<LogReads, 'scanEvents' | 'eventsAt' | 'placeBefore'>
  deliveries: Pick<DeliveryReads, 'scan' | 'scanBack' | 'ofEvents' | 'cleanedUpTo'>
  endpoints: Pick<EndpointReads, 'read'>
  /**
   * Since when deliveries are kept, in milliseconds: of an event from before nobody knows whether it was delivered, so it is
   * not taken for one that was missed.
   */
  keptSince(): number
}

/** Events that one call looks at. */
const eventsAtOnce = 500
const mostEvents = 5000

/**
 * The next of what is meant, from a place on, at most `limit`, in an order in which it can be sent: that of the log. One
 * call looks at a bounded number of rows, so it may find few or none and still not be at the end.
 */
export function walk(
  workspaceId: string,
  choice: Choice,
  cursor: string | null,
  limit: number,
  reads: WalkReads,
): Promise<Part> {
  return choice.isMissed && choice.endpointId !== undefined
    ? walkLog(workspaceId, { ...choice, endpointId: choice.endpointId }, cursor, limit, reads)
    : walkDeliveries(workspaceId, choice, cursor, limit, reads)
}

/** The same of deliveries alone, from the newest on backwards. */
export const walkBack: typeof walk = (workspaceId, choice, cursor, limit, reads) =>
  walkDeliveries(workspaceId, choice, cursor, limit, reads, reads.deliveries.scanBack)

async function walkDeliveries(
  workspaceId: string,
  choice: Choice,
  cursor: string | null,
  limit: number,
  reads: WalkReads,
  scan: DeliveryReads['scan'] = reads.deliveries.scan,
): Promise<Part> {
  const { log } = reads
  const { found, last, isEnd } = await scan(workspaceId, choice, cursor, limit)
  const asked = askOf(choice, reads)
  const part = (meant: readonly DeliveryMark[]): Part => ({
    chosen: meant.map((delivery) => ({ kind: 'delivery', delivery })),
    cursor: last,
    isEnd,
  })
  if (!asked.isAny) return part(found)
  // One that is gone is not meant: nobody knows what it said.
  const events = await log.eventsAt([...new Set(found.map(({ eventSeq }) => eventSeq))], false)
  const meant = new Set((await asked.meant(events)).map(({ seq }) => seq))
  return part(found.filter(({ eventSeq }) => meant.has(eventSeq)))
}

type OneEndpoint = Choice & { endpointId: string }

/** Along the log: what an endpoint has missed has no delivery that could be found otherwise. */
async function walkLog(
  workspaceId: string,
  choice: OneEndpoint,
  cursor: string | null,
  limit: number,
  reads: WalkReads,
): Promise<Part> {
  const endpoint = await reads.endpoints.read(workspaceId, choice.endpointId)
  if (!endpoint) return { chosen: [], cursor, isEnd: true }
  const { upTo, eventType: type, to, customer } = choice
  const from = Math.max(choice.from ?? 0, reads.keptSince())
  const span = {
    upTo,
    from,
    ...(type === undefined ? {} : { type }),
    ...(customer === undefined ? {} : { customer }),
    ...(to === undefined ? {} : { to }),
  }
  // What came before it existed is meant too.
  const target = { ...endpoint, afterSeq: -1 }
  const asked = askOf(choice, reads)
  const own = askOf({}, reads, endpoint.filter)
  let place = cursor === null ? await reads.log.placeBefore(from) : Number(cursor)
  const chosen: Chosen[] = []
  for (let looked = 0; looked < mostEvents; ) {
    // Each of them may be meant: no more are looked at than may be chosen.
    const most = Math.min(eventsAtOnce, limit - chosen.length)
    const { seqs, last, isEnd } = await reads.log.scanEvents(workspaceId, span, place, most)
    const events = await asked.meant(await reads.log.eventsAt(seqs, false))
    chosen.push(...(await missedOf(workspaceId, choice, events, target, own, reads)))
    place = last
    looked += eventsAtOnce
    if (isEnd || chosen.length >= limit) return { chosen, cursor: String(place), isEnd }
  }
  return { chosen, cursor: String(place), isEnd: false }
}

/** Of some events the deliveries that are meant, and those without one that the endpoint would get today. */
async function missedOf(
  workspaceId: string,
  choice: OneEndpoint,
  events: readonly LoggedEvent[],
  target: Target,
  own: Asked,
  { deliveries }: WalkReads,
): Promise<Chosen[]> {
  const { endpointId, statuses, cause } = choice
  const ids = events.map(({ id }) => id)
  const known = new Map(
    (await deliveries.ofEvents(workspaceId, endpointId, ids)).map((delivery) => [delivery.eventId, delivery]),
  )
  const cleanedUpTo = await deliveries.cleanedUpTo(endpointId)
  const isMissed = (event: EventHead) =>
    !known.has(event.id) && event.receivedAt >= cleanedUpTo && event.erasedAt === undefined && wants(target, event)
  const missed = new Set(await own.meant(events.filter(isMissed)))
  return events.flatMap((event): Chosen[] => {
    if (missed.has(event)) return [{ kind: 'missed', event }]
    const delivery = known.get(event.id)
    const isMeant = delivery && statuses.includes(delivery.status) && (cause === undefined || delivery.cause === cause)
    return isMeant ? [{ kind: 'delivery', delivery }] : []
  })
}
