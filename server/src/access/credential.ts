import { createHash, randomInt } from 'node:crypto'
import type { Scope } from './scope.ts'

/** A key to the API. */
export interface Credential {
  id: string
  workspaceId: string
  /** The customer that it is bound to, and sees only its own of; null for a key to the whole workspace. */
  customer: string | null
  name: string
  /** SHA-256 of the key, hex: the key itself is shown once and never stored. */
  keyHash: string
  /** The key's first twelve characters, to tell keys apart by. */
  preview: string
  scopes: readonly Scope[]
  /** `environment`: TRUNKLINE_API_KEY, neither limited nor counted. `first`: made on the first run. */
  origin: 'environment' | 'first' | 'api'
  createdAt: number
  /** From when on it is out of force by itself; null for one that stays until it is revoked. */
  expiresAt: number | null
  revokedAt: number | null
}

const alphabet = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'
const keyForm = /^osk_[0-9A-Za-z]{48}$/

/** A new key: `osk_` and 48 characters of base 62, 285 bits of chance. */
export function makeKey(): string {
  let key = 'osk_'
  for (let i = 0; i < 48; i++) key += alphabet.charAt(randomInt(alphabet.length))
  return key
}

/** Whether a text has the form of a key. */
export function isKey(text: string): boolean {
  return keyForm.test(text)
}

/** The form in which a key is stored and found. A key is random, so a plain hash is safe. */
export function hashKey(key: string): string {
  return createHash('sha256').update(key).digest('hex')
}

/** What tells keys apart where they are listed. */
export function previewOf(key: string): string {
  return key.slice(0, 12)
}
