import type { Clock } from '../base/clock.ts'
import type { Commit } from '../base/command.ts'
import { newId } from '../base/id.ts'
import type { Log } from '../base/log.ts'
import type { Meter } from '../base/meter.ts'
import { appendRequest } from '../events/append.ts'
import type { NewEvent } from '../events/event.ts'
import { hopsHeader, readHops } from '../events/hops.ts'
import type { NewRequest, Receipt } from '../events/request.ts'
import { dedupeKey } from './dedupe.ts'
import { maskHeaders, maskUrl } from './mask.ts'
import type { OpenSource } from './open-source.ts'
import type { Examine, FoundEvent, Parsed } from './parse.ts'
import type { Quarantine } from './quarantine/quarantine.ts'
import { destinationOf, isRoute, isShared } from './route.ts'
import type { Incoming, RefusalCause } from './source.ts'
import type { UnknownRoutes } from './unknown-routes.ts'

export interface ReceiveNeeds {
  /** Proves and parses, here or on another thread. */
  examine: Examine
  commit: Commit
  clock: Clock
  journal: Log
  meter: Meter
  /** The secret that keys the dedupe hash. */
  dedupeSecret: Buffer
  /** Hears of routes that a source does not know. */
  unknownRoutes: Pick<UnknownRoutes, 'note'>
  /** Keeps what is refused. */
  quarantine: Pick<Quarantine, 'keep'>
}

/** Who sent a request, and under which id it is recorded. */
export interface Arrival {
  requestId: string
  receivedAt: number
  /** The same moment by this machine's clock, which is what a sender's signature is compared with. */
  wallTime: number
  senderAddress: string
  /** Milliseconds from its first line to the end of its body; left out where nothing was read. */
  readMs?: number
  /** Milliseconds that went into finding out whose it is, where that took its proof. */
  identifyMs?: number
}

export type Answer = { kind: 'accepted'; receipt: Receipt } | { kind: 'refused' }

/**
 * Stores what a source sent. The answer comes after the commit: a 2xx means that the event is on disk. A request that
 * is refused goes to quarantine.
 */
export async function receive(
  incoming: Incoming,
  source: OpenSource,
  arrival: Arrival,
  needs: ReceiveNeeds,
): Promise<Answer> {
  const { examine, clock, commit, meter, journal } = needs
  const begin = clock.elapsed()
  const { kind } = source.definition
  const { verdict, parsed } = await examine(incoming, source, arrival.wallTime)
  const examinedMs = clock.elapsed() - begin + (arrival.identifyMs ?? 0)
  if (verdict.kind === 'refused') {
    await keepRefused(incoming, source, arrival, verdict, examinedMs, needs)
    return { kind: 'refused' }
  }
  const { events: found, fault, tookMs } = parsed
  if (fault?.error) journal.error('parser.failed', { source: source.id, kind, error: fault.error })
  // What is left is the proof, and for a large body the wait for its thread.
  const verifyMs = Math.max(0, examinedMs - (tookMs ?? 0))
  const request = recordOf(incoming, source, arrival, { verdict: verdict.kind, parsed, verifyMs }, needs)
  const { events } = request
  const receipt = await commit(appendRequest, request)
  if (!receipt.isRepeat) noteUnknown(found, source, needs)
  const outcome = receipt.isRepeat ? 'duplicate' : verdict.kind
  meter.add('trunkline_requests_total', 1, { kind, verdict: outcome, cause: request.cause ?? '' })
  if (!receipt.isRepeat && !receipt.isHeld) meter.add('trunkline_events_total', events.length, { kind })
  journal.info('accepted', {
    request: arrival.requestId,
    source: source.id,
    kind,
    bytes: incoming.body.length,
    events: events.length,
    repeatOf: receipt.isRepeat ? receipt.requestId : undefined,
    bodyDiffers: receipt.isRepeat ? receipt.bodyDiffers : undefined,
    isHeld: receipt.isHeld,
    cause: fault && 'UNPARSABLE',
    ms: Math.round(clock.elapsed() - begin),
  })
  return { kind: 'accepted', receipt }
}

/** What of `ReceiveNeeds` a record is made with. */
export type RecordNeeds = Pick<ReceiveNeeds, 'dedupeSecret'>

/** The record and the events of a request that is proven. */
export function recordOf(
  incoming: Incoming,
  source: OpenSource,
  arrival: Arrival,
  { verdict, parsed, verifyMs }: { verdict: 'verified' | 'unsigned'; parsed: Parsed; verifyMs: number },
  needs: RecordNeeds,
): NewRequest {
  const events = parsed.events.map((event) => eventOf(event, source, arrival, needs))
  keepHops(events, incoming)
  const { cause, detail } = causeOf(events, parsed.fault?.detail)
  const parseMs = parsed.tookMs ?? null
  const { body } = incoming
  return requestOf(incoming, source, arrival, { verdict, body, cause, detail, verifyMs, parseMs, events })
}

/** What came through a delivery keeps the number of times. */
export function keepHops(events: readonly NewEvent[], { headers }: Incoming): void {
  const hops = readHops(headers.get(hopsHeader))
  if (hops > 0) for (const event of events) event.hops = hops
}

/** What the record says beside the verdict. */
export function causeOf(events: readonly NewEvent[], fault: string | undefined): Pick<NewRequest, 'cause' | 'detail'> {
  if (fault !== undefined) return { cause: 'UNPARSABLE', detail: fault }
  if (!isShared(events)) return { cause: null, detail: null }
  return {
    cause: 'SHARED',
    detail: 'Its events are several customers’: each is delivered as its own data, never as the whole body.',
  }
}

function noteUnknown(found: readonly FoundEvent[], source: OpenSource, needs: ReceiveNeeds): void {
  for (const { route } of found) {
    if (route === undefined || source.routes.has(route)) continue
    needs.meter.add('trunkline_unknown_routes_total', 1, { kind: source.definition.kind })
    if (isRoute(route)) needs.unknownRoutes.note(source.id, route)
  }
}

/** Keeps a request that was refused, with its body and a cause; what is too large comes without. */
export async function keepRefused(
  incoming: Incoming,
  source: OpenSource,
  arrival: Arrival,
  { cause, detail }: { cause: RefusalCause | 'TOO_LARGE'; detail: string },
  verifyMs: number,
  { quarantine, meter, journal }: Pick<ReceiveNeeds, 'quarantine' | 'meter' | 'journal'>,
  bodyBytes: number = incoming.body.length,
): Promise<void> {
  const kind = source.definition.kind
  meter.add('trunkline_requests_total', 1, { kind, verdict: 'quarantined', cause })
  journal.warn('refused', {
    request: arrival.requestId,
    source: source.id,
    kind,
    cause,
    sender: arrival.senderAddress,
    bytes: bodyBytes,
  })
  const body = cause === 'TOO_LARGE' ? null : incoming.body
  const found = { verdict: 'quarantined', body, cause, detail, verifyMs, parseMs: null, events: [] } as const
  await quarantine.keep({ ...requestOf(incoming, source, arrival, found), bodyBytes }, incoming)
}

type Found = Pick<NewRequest, 'verdict' | 'body' | 'cause' | 'detail' | 'verifyMs' | 'parseMs' | 'events'>

function requestOf(
  { method, url, headers, body }: Incoming,
  source: OpenSource,
  { requestId, receivedAt, senderAddress, readMs }: Arrival,
  { verdict, body: kept, cause, detail, verifyMs, parseMs, events }: Found,
): NewRequest {
  return {
    id: requestId,
    workspaceId: source.workspaceId,
    sourceId: source.id,
    receivedAt,
    method,
    url: maskUrl(url),
    headers: maskHeaders(headers.raw),
    bodyBytes: body.length,
    senderAddress,
    readMs: readMs ?? null,
    verdict,
    body: kept,
    cause,
    detail,
    verifyMs,
    parseMs,
    events,
  }
}

/** What is stored of an event that was found in a request. */
export function eventOf(
  event: FoundEvent,
  source: Pick<OpenSource, 'id' | 'workspaceId' | 'customer' | 'routes'>,
  { requestId, receivedAt }: Pick<Arrival, 'requestId' | 'receivedAt'>,
  { dedupeSecret }: RecordNeeds,
): NewEvent {
  const { workspaceId, customer } = destinationOf(event.route, source)
  return {
    id: newId('event', receivedAt),
    workspaceId,
    customer,
    sourceId: source.id,
    requestId,
    type: event.type,
    subject: event.subject,
    orderKey: event.orderKey ?? null,
    data: event.data,
    receivedAt,
    dedupe: event.dedupeKey === null ? null : dedupeKey(dedupeSecret, source.id, event.dedupeKey),
  }
}
