import { createHmac, randomUUID } from 'node:crypto'
import { editsOf, idFor, requestOf, type Sender, sampleOf, senders } from '@trunkline/senders'

// What providers send and what Trunkline sends, rightly signed, for the tests of those who receive it.

/** A request to give to the code under test. */
export interface TestRequest {
  method: 'POST'
  /** By their names in lower case. */
  headers: Record<string, string>
  /** The raw bytes: what was signed. */
  body: Uint8Array<ArrayBuffer>
  /** What the provider puts behind the URL, without its `?`; empty for most. */
  query: string
}

/** A provider that can be played. */
export interface TestKind {
  /** Such as `github`. */
  kind: string
  title: string
  /** The provider's names of its events, the most usual one first. */
  events: readonly string[]
}

/** Every provider that can be played, with its events. */
export const kinds: readonly TestKind[] = senders.map(({ kind, title, events }) => ({ kind, title, events }))

/** What a provider is to send. */
export interface WantedRequest {
  /** One of `kinds`. */
  kind: string
  /** The provider's name of the event; the most usual one when left out. */
  event?: string
  /** What the provider signs with, in the form that it shows. */
  secret: string
  /** The moment of sending: milliseconds since 1970; now when left out. */
  nowMs?: number
  /** The provider's id of the event; a new one when left out. */
  id?: string
  /** Changes of the body before it is signed: paths such as `data.object.amount`, and what is to stand there. */
  set?: Readonly<Record<string, unknown>>
  /** Where it would be posted to, for providers that sign the URL. */
  url?: string
}

/**
 * A request as the provider would make it.
 * @example
 * const { headers, body } = signedRequest({ kind: 'stripe', event: 'invoice.paid', secret, set: { 'data.object.amount_paid': 990 } })
 */
export function signedRequest(wanted: WantedRequest): TestRequest {
  const sender = senderOf(wanted.kind)
  const { secret, nowMs = Date.now(), id = idFor(sender.kind, randomUUID()), event, set = {}, url } = wanted
  const signing = { secret, nowMs, id, ...(url === undefined ? {} : { url }) }
  const sample = sampleOf(sender, { ...signing, edits: editsOf(set), ...(event === undefined ? {} : { event }) })
  const request = requestOf(sender, sample, signing)
  return { ...request, body: new Uint8Array(request.body) }
}

/**
 * What a source of this kind is given where that is not the secret itself: the public key of providers that sign with a
 * private one. Any other kind answers the secret.
 */
export function verifyingSecret(kind: string, secret: string): string {
  return senderOf(kind).publicKey?.(secret) ?? secret
}

/** What Trunkline is to deliver. */
export interface WantedDelivery {
  /** The secret of the endpoint: `whsec_…`. */
  secret: string
  /** The type of the event, such as `github.push`. */
  type: string
  data: unknown
  /** The id of the event: the same on every attempt; a new one when left out. */
  id?: string
  /** The moment of this attempt: milliseconds since 1970; now when left out. */
  nowMs?: number
  /** When the event was received; the moment of the attempt when left out. */
  receivedAtMs?: number
}

/**
 * A delivery as Trunkline would make it.
 * @example
 * const { headers, body } = signedDelivery({ secret, type: 'invoice.paid', data: { id: 'in_1' } })
 */
export function signedDelivery(wanted: WantedDelivery): TestRequest {
  const { secret, type, data, nowMs = Date.now(), receivedAtMs = nowMs } = wanted
  const { id = `evt_${randomUUID().replaceAll('-', '').slice(0, 26)}` } = wanted
  const key = Buffer.from(secret.replace(/^whsec_/, ''), 'base64')
  const text = JSON.stringify({ type, timestamp: new Date(receivedAtMs).toISOString(), data: data ?? null })
  const seconds = Math.floor(nowMs / 1000).toString()
  const signature = createHmac('sha256', key).update(`${id}.${seconds}.${text}`).digest('base64')
  return {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      'user-agent': 'Trunkline/1.0 (+https://www.standardwebhooks.com)',
      'webhook-id': id,
      'webhook-timestamp': seconds,
      'webhook-signature': `v1,${signature}`,
    },
    body: new TextEncoder().encode(text),
    query: '',
  }
}

function senderOf(kind: string): Sender {
  const sender = senders.find((each) => each.kind === kind)
  if (sender) return sender
  throw new Error(`there is no kind "${kind}"; there are ${senders.map((each) => each.kind).join(', ')}`)
}
