import { createHmac } from 'node:crypto'
import { jsonSamples, type Sender } from './sender.ts'

/** A sender that signs its body with a shared secret, in the most usual way: HMAC-SHA256, in hex, in `X-Webhook-Signature`. */
export const hmac: Sender = {
  kind: 'hmac',
  title: 'HMAC',
  ...jsonSamples('HMAC', {
    event: ({ id, nowMs }) => ({ id, message: 'The pears are ripe', at: new Date(nowMs).toISOString() }),
    'basket.filled': ({ id, nowMs }) => ({
      id,
      type: 'basket.filled',
      basket: { id: 'bsk_7', pears: 12 },
      at: new Date(nowMs).toISOString(),
    }),
  }),
  sign: ({ body, secret }) => ({
    'content-type': 'application/json',
    'x-webhook-signature': createHmac('sha256', secret).update(body).digest('hex'),
  }),
}
