import { type BinaryLike, createHmac, type KeyObject, sign as signEd25519 } from 'node:crypto'
import type { Endpoint, SignatureDialect } from '../endpoint/endpoint.ts'
import type { SigningSecret } from './signing-secret.ts'

/** What is signed: one attempt at a delivery. */
export interface Message {
  /** The event's, the same on every attempt and for every endpoint. */
  eventId: string
  deliveryId: string
  /** Attempts that were made before this one. */
  attempts: number
  eventType: string
  /** The attempt's time on the machine's clock, in milliseconds. */
  atMs: number
  body: Uint8Array
}

/** What it is signed with. */
export interface Keys {
  /** The current secret, then the former ones that still sign, newest first. */
  secrets: readonly [SigningSecret, ...SigningSecret[]]
  /** The server's own key, for `ed25519`. */
  privateKey: KeyObject
}

/** What an endpoint gets that asked for nothing else. */
export const standardAlone: readonly SignatureDialect[] = ['standard']

/**
 * The headers that prove one attempt, in every dialect that is asked for. `webhook-id` always goes along, because receivers
 * deduplicate by it. docs/signatures.md tells what each one covers.
 */
export function sign(message: Message, dialects: readonly SignatureDialect[], keys: Keys): Record<string, string> {
  const seconds = Math.floor(message.atMs / 1000).toString()
  const signing = { message, keys, seconds }
  // What nearly every delivery gets is written down whole: headers that are added one by one cost half a microsecond more.
  if (dialects === standardAlone) {
    return {
      'webhook-id': message.eventId,
      'webhook-timestamp': seconds,
      'webhook-signature': standardSignatures(signing),
    }
  }
  const headers: Record<string, string> = { 'webhook-id': message.eventId }
  for (const dialect of dialects) writers[dialect](headers, signing)
  return headers
}

interface Signing {
  message: Message
  keys: Keys
  /** The message's time as it is signed. */
  seconds: string
}
type Write = (headers: Record<string, string>, signing: Signing) => void

const writers: Readonly<Record<SignatureDialect, Write>> = {
  standard: (headers, signing) => addStandard(headers, signing, standardSignatures(signing)),
  ed25519(headers, signing) {
    const { message, keys } = signing
    const signed = Buffer.concat([Buffer.from(standardHead(signing)), message.body])
    addStandard(headers, signing, `v1a,${signEd25519(null, signed, keys.privateKey).toString('base64')}`)
  },
  svix(headers, signing) {
    headers['svix-id'] = signing.message.eventId
    headers['svix-timestamp'] = signing.seconds
    headers['svix-signature'] = standardSignatures(signing)
  },
  stripe(headers, signing) {
    headers['stripe-signature'] = timedSignatures(signing)
  },
  github(headers, { message, keys }) {
    headers['x-hub-signature-256'] = `sha256=${hmac(inTurn(keys, message).text, '', message.body).digest('hex')}`
  },
  opencom(headers, signing) {
    headers['x-opencom-signature'] = timedSignatures(signing)
    headers['x-opencom-event-id'] = signing.message.eventId
    headers['x-opencom-delivery-id'] = signing.message.deliveryId
    headers['x-opencom-timestamp'] = signing.seconds
  },
  remotedev(headers, { message, keys, seconds }) {
    headers['x-webhook-signature'] = hmac(inTurn(keys, message).text, `${seconds}.`, message.body).digest('hex')
    headers['x-webhook-timestamp'] = seconds
    headers['x-webhook-id'] = message.eventId
    headers['x-webhook-event'] = message.eventType
    headers['user-agent'] = 'RemoteDevAI-Webhooks/1.0'
  },
}

/** Standard Webhooks 1.0: one header holds the signatures of all versions. */
function addStandard(headers: Record<string, string>, { seconds }: Signing, signatures: string): void {
  const before = headers['webhook-signature']
  headers['webhook-timestamp'] = seconds
  headers['webhook-signature'] = before === undefined ? signatures : `${before} ${signatures}`
}

const standardHead = ({ message, seconds }: Signing): string => `${message.eventId}.${seconds}.`

/** `v1,…` of each secret that has bytes: HMAC-SHA256 over `id.timestamp.body`. */
function standardSignatures(signing: Signing): string {
  const head = standardHead(signing)
  let list = ''
  for (const { key } of signing.keys.secrets) {
    if (key !== undefined)
      list += `${list === '' ? '' : ' '}v1,${hmac(key, head, signing.message.body).digest('base64')}`
  }
  return list
}

/** Stripe's form, `t=…,v1=…`: HMAC-SHA256 over `timestamp.body`, by the text of each secret. */
function timedSignatures({ keys, seconds, message }: Signing): string {
  const each = keys.secrets.map(({ text }) => `,v1=${hmac(text, `${seconds}.`, message.body).digest('hex')}`)
  return `t=${seconds}${each.join('')}`
}

/** The dialects that have room for one signature. */
const ofOneSecret: ReadonlySet<SignatureDialect> = new Set(['github', 'remotedev'])

/**
 * Whether a receiver that refused an attempt may only know another of the secrets, with which it is tried next. `attempts` is how
 * many there were before it.
 */
export function mayKnowAnother(
  { signatures, formerSecrets }: Pick<Endpoint, 'signatures' | 'formerSecrets'>,
  attempts: number,
  now: number,
): boolean {
  if (formerSecrets.length === 0 || !signatures?.some((each) => ofOneSecret.has(each))) return false
  const secrets = 1 + formerSecrets.filter(({ until }) => now < until).length
  return attempts % secrets !== secrets - 1
}

/**
 * The secret of a dialect that has room for one signature: first the one that the receiver has had longest, and after each
 * attempt that failed the next one. So whichever of them the receiver knows, one of its attempts fits.
 */
function inTurn({ secrets }: Keys, { attempts }: Message): SigningSecret {
  return secrets.at(-1 - (attempts % secrets.length)) ?? secrets[0]
}

function hmac(key: BinaryLike, head: string, body: Uint8Array) {
  return createHmac('sha256', key).update(head).update(body)
}
