import { createHmac } from 'node:crypto'
import type { DedupeKey } from '../events/event.ts'

/**
 * The hash that finds a repeated event: 63 bits of HMAC-SHA256 over source and key. It is keyed with a secret of this
 * server, so that a sender cannot make many keys of one hash; the key beside it decides.
 */
export function dedupeKey(secret: Buffer, sourceId: string, key: string): DedupeKey {
  const hash = createHmac('sha256', secret).update(`${sourceId}|${key}`).digest().readBigUInt64BE(0) >> 1n
  return { key, hash: hash.toString() }
}
