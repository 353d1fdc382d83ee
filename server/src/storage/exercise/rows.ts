import { createHash } from 'node:crypto'
import type { Credential } from '../../access/credential.ts'
import { newId } from '../../base/id.ts'
import type { NewEvent } from '../../events/event.ts'
import type { ParkedEvent } from '../../events/follow/parked.ts'
import { ownEvent } from '../../events/own-event.ts'
import type { NewRequest } from '../../events/request.ts'
import type { Source } from '../../inbound/source-store.ts'
import type { Beat } from '../../jobs/process.ts'
import type { Attempt } from '../../outbound/delivery/delivery.ts'
import type { DueDelivery } from '../../outbound/delivery/delivery-store.ts'
import type { SettleCall } from '../../outbound/delivery/settle.ts'
import { type Endpoint, plainSettings } from '../../outbound/endpoint/endpoint.ts'
import { isBlocking } from '../../outbound/order/order.ts'

/** When the cases take place: 15 January 2027, 08:00 UTC. */
export const t0 = 1_800_000_000_000
export const dayMs = 24 * 60 * 60 * 1000

export interface RequestShape {
  workspaceId: string
  sourceId: string
  /** One event a key; null makes one that nobody repeats. */
  keys?: readonly (string | null)[]
  body?: string | Uint8Array | null
  /** The events' data; the body's text when it is not given. */
  data?: string | null
  hash?: string
  type?: string
  at?: number
  verdict?: NewRequest['verdict']
  cause?: string | null
  headers?: NewRequest['headers']
}

/** A request as ingest hands it over. */
export function makeRequest(shape: RequestShape): NewRequest {
  const { workspaceId, sourceId, keys = [null], body = '{"n":1}', at = t0, verdict = 'verified' } = shape
  const bytes = typeof body === 'string' ? Buffer.from(body) : body
  const id = newId('request', at)
  const data = shape.data === undefined ? bytes && Buffer.from(bytes).toString() : shape.data
  return {
    id,
    workspaceId,
    sourceId,
    receivedAt: at,
    method: 'POST',
    url: '/in/key',
    headers: shape.headers ?? [['Content-Type', 'application/json']],
    body: bytes,
    bodyBytes: bytes?.byteLength ?? 0,
    senderAddress: '203.0.113.7',
    verdict,
    cause: shape.cause ?? null,
    detail: shape.cause ? `because of ${shape.cause}` : null,
    readMs: 1.5,
    verifyMs: 0.25,
    parseMs: 0.125,
    events: keys.map((key) => ({
      ...makeEvent({ workspaceId, sourceId, requestId: id, type: shape.type ?? 'test.made', data, at }),
      dedupe: key === null ? null : { key, hash: shape.hash ?? hashOf(sourceId, key) },
    })),
  }
}

export interface EventShape {
  workspaceId: string
  customer?: string | null
  sourceId?: string | null
  requestId?: string | null
  type?: string
  subject?: string | null
  data?: string | null
  at?: number
}

/** An event as it is published through the API, unless the shape says where it came from. */
export function makeEvent({ workspaceId, at = t0, data = '{"n":1}', ...shape }: EventShape): NewEvent {
  return {
    id: newId('event', at),
    workspaceId,
    customer: shape.customer ?? null,
    sourceId: shape.sourceId ?? null,
    requestId: shape.requestId ?? null,
    type: shape.type ?? 'test.made',
    subject: shape.subject ?? null,
    orderKey: null,
    data,
    receivedAt: at,
    dedupe: null,
  }
}

/** 63 bits over source and key. */
export function hashOf(sourceId: string, key: string): string {
  const digest = createHash('sha256').update(`${sourceId}\n${key}`).digest('hex')
  return (BigInt(`0x${digest.slice(0, 16)}`) >> 1n).toString()
}

export function makeSource(workspaceId: string, over: Partial<Source> = {}): Source {
  const id = newId('source', over.createdAt ?? t0)
  return {
    id,
    workspaceId,
    customer: null,
    kind: 'generic',
    name: 'a source',
    key: `key-of-${id}`,
    sealedSecrets: 'v1.sealed',
    config: '{}',
    isEnabled: true,
    origin: 'api',
    fixedPath: null,
    holding: 'none',
    routesVersion: 0,
    rateLimit: null,
    createdAt: t0,
    updatedAt: t0,
    ...over,
  }
}

export function makeEndpoint(workspaceId: string, over: Partial<Endpoint> = {}): Endpoint {
  return {
    ...plainSettings,
    id: newId('endpoint', over.createdAt ?? t0),
    workspaceId,
    customer: null,
    url: 'https://example.com/hooks',
    description: 'an endpoint',
    eventTypes: ['**'],
    payload: 'standard',
    concurrency: 4,
    status: 'active',
    statusReason: null,
    sealedSecret: 'v1.sealed',
    afterSeq: 0,
    createdAt: t0,
    updatedAt: t0,
    ...over,
  }
}

export function makeCredential(workspaceId: string, over: Partial<Credential> = {}): Credential {
  const id = newId('credential', t0)
  return {
    id,
    workspaceId,
    customer: null,
    name: 'a key',
    keyHash: createHash('sha256').update(id).digest('hex'),
    preview: 'osk_12345678',
    scopes: ['events.read', 'events.write'],
    origin: 'api',
    createdAt: t0,
    expiresAt: null,
    revokedAt: null,
    ...over,
  }
}

/** The news that goes with a change. */
export function news(workspaceId: string, type: string, subject: string, now = t0): NewEvent {
  return ownEvent({ workspaceId, customer: null, type, subject, data: { id: subject }, now })
}

/** The outcome of one attempt: a success unless the shape says otherwise. */
export function makeSettle(
  endpointId: string,
  generation: number,
  delivery: DueDelivery,
  over: Partial<Omit<SettleCall, 'attempt'>> & { attempt?: Partial<Attempt> } = {},
): SettleCall {
  const { attempt, ...rest } = over
  const cause = attempt?.cause ?? null
  const startedAt = attempt?.startedAt ?? t0
  return {
    endpointId,
    generation,
    workspaceId: delivery.workspaceId,
    status: 'success',
    dueAt: startedAt + 12,
    tries: delivery.tries + 1,
    orderKey: delivery.orderKey,
    blocksKey: rest.status === 'failed' && isBlocking(cause),
    disable: null,
    ...rest,
    attempt: {
      id: newId('attempt', startedAt),
      deliveryId: delivery.id,
      number: delivery.attempts + 1,
      startedAt,
      status: 200,
      cause: null,
      detail: null,
      timing: { dnsMs: 0.5, connectMs: 1.5, tlsMs: null, firstByteMs: 10, totalMs: 12 },
      responseHeaders: [['Content-Type', 'text/plain']],
      responseBody: 'ok',
      isTruncated: false,
      signed: { timestamp: Math.floor(startedAt / 1000), sha256: 'ab'.repeat(32) },
      ...(rest.status === 'pending' && rest.dueAt !== undefined ? { nextDueAt: rest.dueAt } : {}),
      ...attempt,
    },
  }
}

/** A sign of life of a process, which takes others for dead if it is told so. */
export const beatOf = (processId: string, silent: Beat['silent'] = []): Beat => ({
  processId,
  roles: ['follow', 'deliver'],
  silent,
  now: t0,
})

/** An event that a follower could not handle and that stands parked. */
export const makeParked = (more: Partial<ParkedEvent> = {}): ParkedEvent => ({
  follower: 'rows',
  seq: 1,
  eventId: newId('event', t0),
  workspaceId: 'ws_1',
  subject: 's',
  eventType: 'a.b',
  state: 'parked',
  cause: 'HANDLER_THREW',
  error: 'why',
  attempts: 3,
  dueAt: t0,
  afterGap: null,
  createdAt: t0,
  updatedAt: t0,
  endedAt: null,
  ...more,
})
