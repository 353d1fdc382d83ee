import { createHmac, type KeyObject, sign as signEd25519 } from 'node:crypto'
import type { HeaderList } from '../../egress/exchange.ts'
import type { SignedText } from '../delivery/delivery.ts'
import type { Endpoint, SignatureDialect } from '../endpoint/endpoint.ts'
import { digestOf, type Pieces, SignedTexts } from './signed-text.ts'
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

/** What proves one attempt. */
export interface Proof {
  headers: HeaderList
  /** The digest of the text that was signed: of the first dialect, when there are several. */
  signed: SignedText
}

/** What an endpoint gets that asked for nothing else. */
export const standardAlone: readonly SignatureDialect[] = ['standard']

/**
 * The headers that prove one attempt, in every dialect that is asked for. `webhook-id` always goes along, because receivers
 * deduplicate by it. docs/signatures.md tells what each one covers.
 */
export function sign(message: Message, dialects: readonly SignatureDialect[], keys: Keys): Proof {
  const signing = new Signing(message, keys)
  const headers = ['webhook-id', message.eventId]
  // Standard Webhooks 1.0: one header holds the signatures of all versions.
  const versions = dialects.flatMap((dialect) => (isVersion(dialect) ? versionSignatures[dialect](signing) : []))
  if (versions.length > 0) {
    headers.push('webhook-timestamp', signing.texts.seconds, 'webhook-signature', versions.join(' '))
  }
  for (const dialect of dialects) if (!isVersion(dialect)) headers.push(...headersOf[dialect](signing))
  return { headers, signed: digestOf(signing.texts, dialects[0] ?? 'standard') }
}

/** The name under which a request goes to who takes these dialects; undefined for our own. */
export const userAgentOf = (dialects: readonly SignatureDialect[]): string | undefined =>
  dialects.includes('remotedev') ? 'RemoteDevAI-Webhooks/1.0' : undefined

/** One attempt that is being signed. What several dialects have in common is made once. */
class Signing {
  readonly message: Message
  readonly keys: Keys
  readonly texts: SignedTexts
  #standard: readonly string[] | undefined
  #timed: string | undefined

  constructor(message: Message, keys: Keys) {
    this.message = message
    this.keys = keys
    this.texts = new SignedTexts(message.eventId, message.atMs, message.body)
  }

  /** `v1,…` of each secret that has bytes: HMAC-SHA256 over `id.timestamp.body`. */
  get standardSignatures(): readonly string[] {
    this.#standard ??= this.keys.secrets.flatMap(({ key }) =>
      key === undefined ? [] : `v1,${hmac(key, this.texts.standard).digest('base64')}`,
    )
    return this.#standard
  }

  /** Stripe's form, `t=…,v1=…`: HMAC-SHA256 over `timestamp.body`, by the text of each secret. */
  get timedSignatures(): string {
    if (this.#timed === undefined) {
      const each = this.keys.secrets.map(({ textKey }) => `,v1=${hmac(textKey, this.texts.timed).digest('hex')}`)
      this.#timed = `t=${this.texts.seconds}${each.join('')}`
    }
    return this.#timed
  }
}

/** The dialects that are versions of one. */
type Version = 'standard' | 'ed25519'

const isVersion = (dialect: SignatureDialect): dialect is Version => dialect === 'standard' || dialect === 'ed25519'

const versionSignatures: Readonly<Record<Version, (signing: Signing) => readonly string[]>> = {
  standard: ({ standardSignatures }) => standardSignatures,
  ed25519: ({ texts, keys }) => [
    `v1a,${signEd25519(null, Buffer.concat(texts.standard), keys.privateKey).toString('base64')}`,
  ],
}

const headersOf: Readonly<Record<Exclude<SignatureDialect, Version>, (signing: Signing) => HeaderList>> = {
  svix({ message, texts, standardSignatures }) {
    const signatures = standardSignatures.join(' ')
    return ['svix-id', message.eventId, 'svix-timestamp', texts.seconds, 'svix-signature', signatures]
  },
  stripe: ({ timedSignatures }) => ['stripe-signature', timedSignatures],
  github({ message, keys, texts }) {
    return ['x-hub-signature-256', `sha256=${hmac(inTurn(keys, message).textKey, [texts.body]).digest('hex')}`]
  },
  opencom: ({ message, texts, timedSignatures }) => [
    ...['x-opencom-signature', timedSignatures],
    ...['x-opencom-event-id', message.eventId],
    ...['x-opencom-delivery-id', message.deliveryId],
    ...['x-opencom-timestamp', texts.seconds],
  ],
  remotedev: ({ message, keys, texts }) => [
    ...['x-webhook-signature', hmac(inTurn(keys, message).textKey, texts.timed).digest('hex')],
    ...['x-webhook-timestamp', texts.seconds],
    ...['x-webhook-id', message.eventId],
    ...['x-webhook-event', message.eventType],
  ],
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

function hmac(key: KeyObject, text: Pieces) {
  const signature = createHmac('sha256', key)
  for (const piece of text) signature.update(piece)
  return signature
}
