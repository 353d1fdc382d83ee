import { createHmac, createPrivateKey, sign } from 'node:crypto'
import { jsonSamples, type Sender } from './sender.ts'

/**
 * Standard Webhooks signs `<id>.<seconds>.<body>` with the bytes that its secret stands for: base64 after `whsec_`. A secret
 * that begins with `whsk_` is an Ed25519 key, its 32 bytes with or without the public ones behind them.
 * https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
 */
export const standardWebhooks: Sender = {
  kind: 'standard-webhooks',
  title: 'Standard Webhooks',
  ...jsonSamples('Standard Webhooks', { 'user.created': () => userCreated }),
  sign: ({ body, secret, nowMs, id }) => {
    const seconds = String(Math.floor(nowMs / 1000))
    const signed = Buffer.concat([Buffer.from(`${id}.${seconds}.`), body])
    return {
      'content-type': 'application/json',
      'webhook-id': id,
      'webhook-timestamp': seconds,
      'webhook-signature': secret.startsWith('whsk_') ? `v1a,${ed25519(signed, secret)}` : `v1,${hmac(signed, secret)}`,
    }
  },
}

function hmac(signed: Uint8Array, secret: string): string {
  const key = Buffer.from(secret.replace(/^whsec_/, ''), 'base64')
  return createHmac('sha256', key).update(signed).digest('base64')
}

/** What stands before the 32 bytes of a private key in its DER form. https://www.rfc-editor.org/rfc/rfc8410#section-7 */
const derPrefix = Buffer.from('302e020100300506032b657004220420', 'hex')

function ed25519(signed: Uint8Array, secret: string): string {
  const seed = Buffer.from(secret.replace(/^whsk_/, ''), 'base64').subarray(0, 32)
  const key = createPrivateKey({ key: Buffer.concat([derPrefix, seed]), format: 'der', type: 'pkcs8' })
  return sign(null, signed, key).toString('base64')
}

const userCreated = {
  type: 'user.created',
  timestamp: '2026-11-20T08:14:03.120Z',
  data: { id: 'user_2Trunkline', email: 'marta@orchard.example', name: 'Marta König' },
}
