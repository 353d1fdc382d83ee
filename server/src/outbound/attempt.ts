import type { Keyring } from '../access/keyring.ts'
import type { Clock, Random } from '../base/clock.ts'
import { newId } from '../base/id.ts'
import type { Seal } from '../base/seal.ts'
import { type ByOwner, forCustomer } from '../egress/by-owner.ts'
import type { Egress, HeaderList } from '../egress/exchange.ts'
import { hopsHeader, mostHops } from '../events/hops.ts'
import type { LogReads } from '../events/log-store.ts'
import { ownEvent } from '../events/own-event.ts'
import { envelope, type OutgoingBody } from './body.ts'
import type { DueDelivery } from './delivery/delivery-store.ts'
import { judge, type SentExchange, storableHeaders, storableText } from './delivery/outcome.ts'
import type { SettleCall } from './delivery/settle.ts'
import { openTls } from './endpoint/client-tls.ts'
import { customHeaders } from './endpoint/custom-headers.ts'
import type { Endpoint } from './endpoint/endpoint.ts'
import { sentType } from './endpoint/trial-type.ts'
import { isBlocking } from './order/order.ts'
import { type Proof, sign, standardAlone, userAgentOf } from './signature/sign.ts'
import { secretsOf } from './signature/signing-secret.ts'

/** The whole exchange, from the look-up of the host to the last byte kept, unless the endpoint says otherwise. */
export const attemptTimeoutMs = 15_000

/** How much of an answer is kept. */
export const responseBytesKept = 16 * 1024

export interface AttemptNeeds {
  egress: ByOwner<Egress>
  log: Pick<LogReads, 'readEvent' | 'readRequest' | 'readBody' | 'countEvents'>
  seal: Seal
  /** The pair that signs for those who verify with a public key. */
  keyring: Pick<Keyring, 'signing'>
  clock: Clock
  /** The clock of this machine, which is what a receiver compares the signature's time with. */
  wall: Clock
  random: Random
}

/** Sends a delivery once and says what follows. Rejects only when the event or its request cannot be read. */
export async function attempt(
  delivery: DueDelivery,
  endpoint: Endpoint,
  generation: number,
  needs: AttemptNeeds,
): Promise<SettleCall> {
  const { clock, wall, random } = needs
  const body = await bodyOf(delivery, endpoint, needs.log)
  const startedAt = clock.now()
  const signedAt = wall.now()
  const { hops = 0 } = delivery
  const proof =
    body && hops < mostHops ? proofOf(delivery, endpoint, body.bytes, startedAt, signedAt, needs) : undefined
  const exchange =
    hops >= mostHops
      ? goingRound(hops)
      : !body || !proof
        ? nothingToSend
        : await forCustomer(needs.egress, endpoint.customer).request({
            url: endpoint.url,
            method: 'POST',
            headers: headersOf(endpoint, body.contentType, hops, proof.headers, needs.seal),
            body: body.bytes,
            timeoutMs: endpoint.timeoutMs ?? attemptTimeoutMs,
            maxResponseBytes: responseBytesKept,
            tls: endpoint.sealedTls === null ? undefined : openTls(endpoint, needs.seal),
          })
  const now = clock.now()
  const tries = delivery.tries + 1
  const outcome = judge(exchange, tries, now, random(), endpoint.retry, delivery.attempts - delivery.tries)
  const dueAt = now + (outcome.retryInMs ?? 0)
  const status = outcome.cause === null ? 'success' : outcome.retryInMs === null ? 'failed' : 'pending'
  return {
    endpointId: endpoint.id,
    generation,
    workspaceId: delivery.workspaceId,
    attempt: {
      id: newId('attempt', startedAt),
      deliveryId: delivery.id,
      number: delivery.attempts + 1,
      startedAt,
      status: outcome.status,
      cause: outcome.cause,
      detail: outcome.detail,
      timing: exchange.timing,
      responseHeaders: storableHeaders(exchange.responseHeaders),
      responseBody: storableText(exchange.responseBody),
      isTruncated: exchange.isTruncated,
      ...(proof ? { signed: proof.signed } : {}),
      ...(status === 'pending' ? { nextDueAt: dueAt } : {}),
    },
    status,
    dueAt,
    tries: outcome.isTry ? tries : delivery.tries,
    ...(status === 'success' && endpoint.verifiedAt === null ? { verified: endpoint.url } : {}),
    orderKey: delivery.orderKey,
    blocksKey: delivery.orderKey !== null && status === 'failed' && isBlocking(outcome.cause),
    disable: outcome.disables ? { url: endpoint.url, reason: gone, news: disabledNews(endpoint, gone, now) } : null,
  }
}

const gone = 'the receiver answered 410 Gone'

const unsent: Omit<SentExchange, 'outcome'> = {
  responseHeaders: [],
  responseBody: Buffer.alloc(0),
  isTruncated: false,
  timing: { dnsMs: null, connectMs: null, tlsMs: null, firstByteMs: null, totalMs: 0 },
}

/** What became of a delivery whose event is not in the log any more: an empty body would say something untrue. */
const nothingToSend: SentExchange = {
  ...unsent,
  outcome: { kind: 'failed', cause: 'EVENT_GONE', detail: 'the event is no longer in the log, so nothing was sent' },
}

const goingRound = (hops: number): SentExchange => ({
  ...unsent,
  outcome: {
    kind: 'failed',
    cause: 'LOOP',
    detail: `the event has come through ${hops} deliveries, so nothing was sent`,
  },
})

/** The bytes to send, or undefined when they are gone. Only raw payloads and data too large for a claim are read here. */
async function bodyOf(
  delivery: DueDelivery,
  endpoint: Endpoint,
  log: AttemptNeeds['log'],
): Promise<OutgoingBody | undefined> {
  const { workspaceId, eventId, requestId, dataBytes } = delivery
  const isRaw = endpoint.payload === 'raw'
  if (requestId !== null && (dataBytes === 0 || (isRaw && (await log.countEvents(requestId)) === 1))) {
    const bytes = await log.readBody(workspaceId, requestId)
    const request = await log.readRequest(workspaceId, requestId)
    // Of a body that holds several customers' events each gets its own part only.
    if (bytes && request && request.cause !== 'SHARED') return { bytes, contentType: contentTypeOf(request.headers) }
  }
  const data = delivery.data ?? (await log.readEvent(workspaceId, eventId))?.data ?? null
  if (data === null) return undefined
  if (isRaw) return { bytes: Buffer.from(data), contentType: 'application/json' }
  return envelope(sentType(delivery.eventType), delivery.receivedAt, data)
}

/** The content type as sent, if it can be sent on: a header value from the network may hold anything. */
function contentTypeOf(headers: readonly (readonly [string, string])[]): string {
  const value = headers.find(([name]) => name.toLowerCase() === 'content-type')?.[1] ?? ''
  return /^[\x20-\x7e]{1,255}$/.test(value) ? value : 'application/octet-stream'
}

/** No custom header has one of our names, so nothing stands there twice. */
function headersOf(endpoint: Endpoint, contentType: string, hops: number, proof: HeaderList, seal: Seal): HeaderList {
  return [
    ...customHeaders(endpoint, seal),
    ...['content-type', contentType],
    ...['user-agent', userAgentOf(endpoint.signatures ?? standardAlone) ?? userAgent],
    ...[hopsHeader, String(hops + 1)],
    ...proof,
  ]
}

const userAgent = 'Trunkline/1.0 (+https://www.standardwebhooks.com)'

/** What proves this attempt to the endpoint, in the dialects that it asked for: by the database's clock and by the machine's. */
function proofOf(
  { id, eventId, eventType, attempts }: DueDelivery,
  endpoint: Endpoint,
  body: Uint8Array,
  startedAt: number,
  signedAt: number,
  { seal, keyring }: Pick<AttemptNeeds, 'seal' | 'keyring'>,
): Proof {
  return sign(
    { eventId, deliveryId: id, eventType: sentType(eventType), attempts, atMs: signedAt, body },
    endpoint.signatures ?? standardAlone,
    { secrets: secretsOf(endpoint, seal, startedAt), privateKey: keyring.signing.privateKey },
  )
}

/** The news that an endpoint was disabled because of how it answers. */
export const disabledNews = ({ workspaceId, customer, id, url }: Endpoint, reason: string, now: number) =>
  ownEvent({
    workspaceId,
    customer,
    type: 'endpoint.disabled',
    subject: id,
    data: { id, url: new URL(url).origin, reason },
    now,
  })
