import { createHmac, randomBytes } from 'node:crypto'

const prefix = 'whsec_'

/** A new signing secret: `whsec_` and 32 random bytes in base64. */
export function makeSigningSecret(): string {
  return prefix + randomBytes(32).toString('base64')
}

/** The key inside a signing secret. */
export function signingKey(secret: string): Buffer {
  return Buffer.from(secret.startsWith(prefix) ? secret.slice(prefix.length) : secret, 'base64')
}

/**
 * The headers of Standard Webhooks 1.0 for one attempt: HMAC-SHA256 over `id.timestamp.body`. The id is the event's and
 * stays the same on every attempt; the timestamp is the attempt's.
 */
export function sign(key: Buffer, eventId: string, atMs: number, body: Uint8Array): Record<string, string> {
  const timestamp = Math.floor(atMs / 1000).toString()
  const signature = createHmac('sha256', key).update(`${eventId}.${timestamp}.`).update(body).digest('base64')
  return { 'webhook-id': eventId, 'webhook-timestamp': timestamp, 'webhook-signature': `v1,${signature}` }
}
