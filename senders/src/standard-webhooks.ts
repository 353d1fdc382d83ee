import { createHmac } from 'node:crypto'
import { jsonSamples, type Sender } from './sender.ts'

/**
 * Standard Webhooks signs `<id>.<seconds>.<body>` with the bytes that its secret stands for: base64 after `whsec_`.
 * https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
 */
export const standardWebhooks: Sender = {
  kind: 'standard-webhooks',
  title: 'Standard Webhooks',
  ...jsonSamples('Standard Webhooks', { 'user.created': () => userCreated }),
  sign: ({ body, secret, nowMs, id }) => {
    const key = Buffer.from(secret.replace(/^whsec_/, ''), 'base64')
    const seconds = Math.floor(nowMs / 1000)
    const signature = createHmac('sha256', key).update(`${id}.${seconds}.`).update(body).digest('base64')
    return {
      'content-type': 'application/json',
      'webhook-id': id,
      'webhook-timestamp': String(seconds),
      'webhook-signature': `v1,${signature}`,
    }
  },
}

const userCreated = {
  type: 'user.created',
  timestamp: '2026-11-20T08:14:03.120Z',
  data: { id: 'user_2Trunkline', email: 'marta@orchard.example', name: 'Marta König' },
}
