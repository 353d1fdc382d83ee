import { createHmac, createPublicKey, type KeyObject, verify as verifyEd25519 } from 'node:crypto'
import { isAmong, mismatch, mostSignatures, type Proof } from './proof.ts'
import { malformed, type RequestHeaders, required, valuesOf } from './request-headers.ts'
import { VerificationError } from './verification-error.ts'

/** What a secret or a public key verifies with, and the version of the signatures that it is for. */
type Key = { version: 'v1'; key: Buffer } | { version: 'v1a'; key: KeyObject }

/** Proves a request by Standard Webhooks: `v1` with a secret, `v1a` with a public key. Svix differs in the headers' names. */
export function standardProof(body: Uint8Array | string, headers: RequestHeaders, secrets: readonly string[]): Proof {
  const keys = secrets.map(keyOf)
  const names = headerNames(headers)
  const signatures = readSignatures(names.signature, required(headers, names.signature), keys)
  const id = required(headers, names.id)
  const time = required(headers, names.time)
  // A dot in the id would let bytes move between id, time and body without changing what was signed.
  if (!/^[!-\-/-~]{1,255}$/.test(id)) throw malformed(names.id, 'must be 1 to 255 visible characters without a dot')
  if (!/^[0-9]{1,15}$/.test(time)) throw malformed(names.time, 'must be digits only')
  const head = Buffer.from(`${id}.${time}.`, 'latin1')
  if (!keys.some((key) => fits(key, head, body, signatures)))
    throw mismatch(names.signature, 'the body, the id and the time')
  return { id, time: { header: names.time, seconds: Number(time) } }
}

function fits(key: Key, head: Buffer, body: Uint8Array | string, signatures: Signatures): boolean {
  if (key.version === 'v1')
    return isAmong(createHmac('sha256', key.key).update(head).update(body).digest(), signatures.v1)
  const signed = Buffer.concat([head, typeof body === 'string' ? Buffer.from(body) : body])
  return signatures.v1a.some((signature) => verifyEd25519(null, signed, key.key, signature))
}

// The signature header alone decides: a forged `webhook-id` beside a genuine `svix-signature` is never looked at.
function headerNames(headers: RequestHeaders): { id: string; time: string; signature: string } {
  const isSvix = valuesOf(headers, 'webhook-signature').length === 0 && valuesOf(headers, 'svix-signature').length > 0
  const prefix = isSvix ? 'svix' : 'webhook'
  return { id: `${prefix}-id`, time: `${prefix}-timestamp`, signature: `${prefix}-signature` }
}

/** 24 to 64 bytes in base64 after `whsec_`, or the 32 of a public key after `whpk_`. */
function keyOf(secret: string): Key {
  if (secret.startsWith('whpk_')) return { version: 'v1a', key: publicKeyOf(secret) }
  const key = bytesAfter('whsec_', secret)
  if (!key || key.length < 24 || key.length > 64) {
    throw new VerificationError('UNUSABLE_SECRET', 'the secret is not "whsec_" and 24 to 64 bytes in base64')
  }
  return { version: 'v1', key }
}

function publicKeyOf(text: string): KeyObject {
  const bytes = bytesAfter('whpk_', text)
  if (bytes?.length !== 32 || new Set(bytes).size === 1) {
    throw new VerificationError('UNUSABLE_SECRET', 'the public key is not "whpk_" and 32 bytes in base64')
  }
  const x = bytes.toString('base64url')
  return createPublicKey({ format: 'jwk', key: { kty: 'OKP', crv: 'Ed25519', x } })
}

/** `Buffer.from` skips what is not base64, so what it read is compared. */
function bytesAfter(prefix: string, text: string): Buffer | undefined {
  const written = text.startsWith(prefix) ? text.slice(prefix.length) : ''
  const bytes = Buffer.from(written, 'base64')
  return bytes.toString('base64') === written ? bytes : undefined
}

interface Signatures {
  v1: readonly Buffer[]
  v1a: readonly Buffer[]
}

/** The signatures of a list such as `v1,<base64> v1a,<base64>` that the keys are for; other versions are passed over. */
function readSignatures(name: string, list: string, keys: readonly Key[]): Signatures {
  const wants = (version: Key['version']) => keys.some((key) => key.version === version)
  const of = (form: RegExp) =>
    list
      .split(' ')
      .filter((each) => form.test(each))
      .slice(0, mostSignatures)
      .map((each) => Buffer.from(each.slice(each.indexOf(',') + 1), 'base64'))
  const v1 = of(/^v1,[A-Za-z0-9+/]{43}=$/)
  const v1a = wants('v1a') ? of(/^v1a,[A-Za-z0-9+/]{86}==$/) : []
  if (v1a.length > 0 || (v1.length > 0 && (wants('v1') || keys.length === 0))) return { v1, v1a }
  const missing = wants('v1a') ? '"v1a," with 64 bytes in base64' : '"v1," with 32 bytes in base64'
  throw malformed(name, `has no ${wants('v1') && wants('v1a') ? `"v1," with 32 or ${missing}` : missing}`)
}
