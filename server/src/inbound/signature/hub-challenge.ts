import { createHash } from 'node:crypto'
import type { Answer, Incoming } from '../source.ts'
import { isAmong } from './compare.ts'

/**
 * The answer to Meta's question whether a URL is ours: `GET …?hub.mode=subscribe&hub.verify_token=…&hub.challenge=…` gets
 * the challenge back if the token is the one that was agreed on, and 403 otherwise, also when none was. Undefined for any
 * other request. The challenge comes from whoever asks, so it is never anything but plain text to a browser.
 * https://developers.facebook.com/documentation/business-messaging/whatsapp/webhooks/create-webhook-endpoint
 */
export function hubChallenge({ method, url }: Incoming, verifyToken: string | undefined): Answer | undefined {
  if (method !== 'GET' || !url.includes('?')) return undefined
  const query = new URLSearchParams(url.slice(url.indexOf('?') + 1))
  if (!['hub.mode', 'hub.verify_token', 'hub.challenge'].some((name) => query.has(name))) return undefined
  const challenge = sole(query, 'hub.challenge')
  const isRight = sole(query, 'hub.mode') === 'subscribe' && isSameToken(sole(query, 'hub.verify_token'), verifyToken)
  return isRight && challenge !== undefined && challenge.length <= longestChallenge
    ? plainText(200, challenge)
    : plainText(403, 'The verification was refused.')
}

/** Meta sends ten digits. */
const longestChallenge = 1024

function sole(query: URLSearchParams, name: string): string | undefined {
  const values = query.getAll(name)
  return values.length === 1 ? values[0] : undefined
}

/** Digests are compared, so that the time tells neither the token nor its length. */
function isSameToken(sent: string | undefined, verifyToken: string | undefined): boolean {
  if (sent === undefined || verifyToken === undefined || verifyToken === '') return false
  return isAmong(digest(verifyToken), [digest(sent)])
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest()
}

function plainText(status: number, body: string): Answer {
  return {
    status,
    contentType: 'text/plain; charset=utf-8',
    body,
    headers: {
      'x-content-type-options': 'nosniff',
      'content-security-policy': "default-src 'none'",
      'cache-control': 'no-store',
    },
  }
}
