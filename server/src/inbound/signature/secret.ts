import { randomBytes } from 'node:crypto'
import { decode } from './compare.ts'

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

/** A new Standard Webhooks secret of 32 random bytes. */
export function makeStandardSecret(): string {
  return `${standardPrefix}${randomBytes(32).toString('base64')}`
}
