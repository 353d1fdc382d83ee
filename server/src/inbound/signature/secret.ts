import { randomBytes } from 'node:crypto'
import type { Proof } from '../source.ts'
import { decode, decodeExactly } from './compare.ts'
import { isSoundKey } from './ed25519.ts'

/** What stands where a secret was forgotten: the first that anyone would try as a key. */
const guessable = new Set([
  'undefined',
  'null',
  'none',
  'nan',
  'true',
  'false',
  '[object object]',
  'secret',
  'password',
  'changeme',
  'whsec_',
])

/** Whether a secret may be used as a key at all. The last line of defence: sources are not stored with another. */
export function isUsable(secret: string): boolean {
  return secret.trim() !== '' && !guessable.has(secret.trim().toLowerCase())
}

/** The keys of an HMAC: every usable secret as text, and what diagnosis tries beside. */
export function hmacKeys({ secrets, keys }: Pick<Proof, 'secrets' | 'keys'>): readonly (string | Buffer)[] {
  const usable = secrets.filter(isUsable)
  return keys === undefined ? usable : [...usable, ...keys]
}

/** What is wrong with a secret that the operator may choose, in one sentence, or undefined. */
export function secretFault(secret: string, shortest: number): string | undefined {
  if (secret.trim() === '') return 'the secret is empty'
  if (!isUsable(secret))
    return 'the secret is a word that anyone would guess; it looks like a setting that was left out'
  if (secret.trim() !== secret) return 'the secret begins or ends with white space, which copying often adds'
  if (secret.length < shortest) return `the secret has ${secret.length} characters, and at least ${shortest} are needed`
  if (new Set(secret).size === 1) return 'the secret is one character repeated'
  return undefined
}

/** A new secret for providers that take any text: 32 random bytes in hex. */
export function makeTextSecret(): string {
  return randomBytes(32).toString('hex')
}

const standardPrefix = 'whsec_'

/**
 * The key that a Standard Webhooks secret stands for: 24 to 64 bytes in base64 after `whsec_`; undefined for any other text.
 * https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md#signature-scheme
 */
export function standardKey(secret: string): Buffer | undefined {
  if (!secret.startsWith(standardPrefix)) return undefined
  const key = decode(secret.slice(standardPrefix.length), 'base64')
  return key && key.length >= 24 && key.length <= 64 ? key : undefined
}

/** What is wrong with a Standard Webhooks secret, in one sentence, or undefined. */
export function standardSecretFault(secret: string): string | undefined {
  const fault = secretFault(secret, 1)
  if (fault) return fault
  if (!secret.startsWith(standardPrefix)) return 'the secret does not begin with whsec_'
  const key = decode(secret.slice(standardPrefix.length), 'base64')
  if (!key) return 'the secret is not padded base64 after whsec_; part of it may not have been copied'
  if (!standardKey(secret)) return `the secret stands for ${key.length} bytes, and 24 to 64 are needed`
  if (new Set(key).size === 1) return 'the secret stands for one byte repeated'
  return undefined
}

const publicPrefix = 'whpk_'

/**
 * The Ed25519 public key that a text stands for: 32 bytes in base64 after `whpk_`; undefined for any other text.
 * https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md#signature-scheme
 */
export function standardPublicKey(secret: string): Buffer | undefined {
  return secret.startsWith(publicPrefix) ? decodeExactly(secret.slice(publicPrefix.length), 'base64', 32) : undefined
}

/** What is wrong with the secret or the public key of a sender by Standard Webhooks, in one sentence, or undefined. */
export function standardKeyFault(secret: string): string | undefined {
  if (secret.startsWith('whsk_'))
    return 'whsk_ begins the key that only the sender has; the key to verify with begins with whpk_'
  if (!secret.startsWith(publicPrefix)) return standardSecretFault(secret)
  const key = standardPublicKey(secret)
  if (!key) return 'the public key is not 32 bytes in padded base64 after whpk_; part of it may not have been copied'
  if (!isSoundKey(key)) return 'the public key is one that anybody could sign for'
  return undefined
}

/** A new Standard Webhooks secret of 32 random bytes. */
export function makeStandardSecret(): string {
  return `${standardPrefix}${randomBytes(32).toString('base64')}`
}
