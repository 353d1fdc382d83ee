import { createHmac, timingSafeEqual } from 'node:crypto'
import { type DeliveredEvent, readEvent } from './delivered-event.ts'
import { VerificationError } from './verification-error.ts'

/** The headers of a request: Node's `request.headers`, an object of your framework, or the `Headers` of fetch. */
export type RequestHeaders =
  | { get(name: string): string | null | undefined }
  | Readonly<Record<string, string | readonly string[] | undefined>>

export interface VerifyOptions {
  /** How old or how new a delivery may be; 300 when left out, which allows for clocks that differ. */
  toleranceSeconds?: number
  /** The time of day in milliseconds, for tests. */
  nowMs?: number
}

/** What is known of a genuine delivery. */
export interface Verified {
  /** The event's id, the same on every attempt: deduplicate by it. */
  id: string
  /** When this attempt was made. */
  sentAt: Date
  /** The event in the body, or undefined when the body is raw. It is read when it is asked for: ask once. */
  readonly event: DeliveredEvent | undefined
}

const defaultToleranceSeconds = 300
/** How many signatures are looked at. Two are enough for a rotation. */
const mostSignatures = 16

/**
 * Proves that a request is a delivery of Trunkline, or of any sender that follows Standard Webhooks (Svix too), and was not
 * made long ago. Throws a `VerificationError` otherwise. The body must be the bytes as they came, not JSON written anew.
 *
 * @example
 * const { id, event } = verify(rawBody, request.headers, 'whsec_…')
 * if (isEvent(event, 'agent.run.failed')) alert(event.data.runId)
 */
export function verify(
  body: Uint8Array | string,
  headers: RequestHeaders,
  secret: string | readonly string[],
  { toleranceSeconds = defaultToleranceSeconds, nowMs = Date.now() }: VerifyOptions = {},
): Verified {
  if (typeof body !== 'string' && !(body instanceof Uint8Array)) {
    throw new TypeError('verify: the body must be the raw bytes or text of the request, before any JSON parser')
  }
  const keys = (typeof secret === 'string' ? [secret] : secret).map(keyOf)
  const names = headerNames(headers)
  const signatures = readSignatures(names.signature, required(headers, names.signature))
  const id = required(headers, names.id)
  const time = required(headers, names.time)
  // A dot in the id would let bytes move between id, time and body without changing what was signed.
  if (!/^[!-\-/-~]{1,255}$/.test(id)) throw malformed(names.id, 'must be 1 to 255 visible characters without a dot')
  if (!/^[0-9]{1,15}$/.test(time)) throw malformed(names.time, 'must be digits only')
  const isGenuine = keys.some((key) =>
    isAmong(createHmac('sha256', key).update(`${id}.${time}.`, 'latin1').update(body).digest(), signatures),
  )
  if (!isGenuine) {
    const message = `header ${names.signature}: no signature fits the body, the id and the time with this secret`
    throw new VerificationError('SIGNATURE_MISMATCH', message)
  }
  checkTime(names.time, Number(time), Math.floor(nowMs / 1000), toleranceSeconds)
  return {
    id,
    sentAt: new Date(Number(time) * 1000),
    get event() {
      return readEvent(body)
    },
  }
}

/** 24 to 64 bytes in base64 after `whsec_`. `Buffer.from` skips what is not base64, so what it read is compared. */
function keyOf(secret: string): Buffer {
  const text = secret.startsWith('whsec_') ? secret.slice('whsec_'.length) : ''
  const key = Buffer.from(text, 'base64')
  if (key.toString('base64') !== text || key.length < 24 || key.length > 64) {
    throw new VerificationError('UNUSABLE_SECRET', 'the secret is not "whsec_" and 24 to 64 bytes in base64')
  }
  return key
}

// The signature header alone decides: a forged `webhook-id` beside a genuine `svix-signature` is never looked at.
function headerNames(headers: RequestHeaders): { id: string; time: string; signature: string } {
  const isSvix = valuesOf(headers, 'webhook-signature').length === 0 && valuesOf(headers, 'svix-signature').length > 0
  const prefix = isSvix ? 'svix' : 'webhook'
  return { id: `${prefix}-id`, time: `${prefix}-timestamp`, signature: `${prefix}-signature` }
}

function required(headers: RequestHeaders, name: string): string {
  const [value, ...others] = valuesOf(headers, name)
  if (value === undefined) throw new VerificationError('MISSING_SIGNATURE', `header ${name} is missing`)
  if (others.length > 0) throw malformed(name, 'came more than once')
  return value
}

function valuesOf(headers: RequestHeaders, name: string): readonly string[] {
  if (typeof headers.get === 'function') {
    const value = headers.get(name)
    return typeof value === 'string' ? [value] : []
  }
  return Object.entries(headers)
    .filter(([key]) => key.toLowerCase() === name)
    .flatMap(([, value]) => (typeof value === 'string' ? [value] : Array.isArray(value) ? value : []))
}

/** The `v1` signatures of a list such as `v1,<base64> v1,<base64>`; other versions are passed over. */
function readSignatures(name: string, list: string): Buffer[] {
  const signatures = list
    .split(' ')
    .filter((each) => /^v1,[A-Za-z0-9+/]{43}=$/.test(each))
    .slice(0, mostSignatures)
    .map((each) => Buffer.from(each.slice(3), 'base64'))
  if (signatures.length === 0) throw malformed(name, 'has no "v1," with 32 bytes in base64')
  return signatures
}

/** In a time that does not tell how much was right. `timingSafeEqual` throws on unequal lengths. */
function isAmong(expected: Buffer, signatures: readonly Buffer[]): boolean {
  let found = false
  for (const signature of signatures) {
    if (signature.length === expected.length && timingSafeEqual(signature, expected)) found = true
  }
  return found
}

function checkTime(name: string, sentSeconds: number, nowSeconds: number, toleranceSeconds: number): void {
  const age = nowSeconds - sentSeconds
  if (age > toleranceSeconds) {
    throw new VerificationError('STALE', `header ${name}: ${age} s old, and ${toleranceSeconds} s are allowed`)
  }
  // Written so that a tolerance that is not a number refuses everything.
  if (!(Math.abs(age) <= toleranceSeconds)) {
    throw new VerificationError('FROM_FUTURE', `header ${name}: ${-age} s ahead, and ${toleranceSeconds} s are allowed`)
  }
}

function malformed(name: string, what: string): VerificationError {
  return new VerificationError('MALFORMED_SIGNATURE', `header ${name} ${what}`)
}
