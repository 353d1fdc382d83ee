import { createHmac } from 'node:crypto'
import { jsonSamples, type Sender } from './sender.ts'
import { stripeBodies } from './stripe-samples.ts'

/**
 * Stripe signs `<seconds>.<body>` with the whole secret, its `whsec_` included; the event's id is in the body.
 * https://docs.stripe.com/webhooks#verify-manually
 */
export const stripe: Sender = {
  kind: 'stripe',
  title: 'Stripe',
  ...jsonSamples('Stripe', stripeBodies),
  sign: ({ body, secret, nowMs }) => {
    const seconds = Math.floor(nowMs / 1000)
    const signature = createHmac('sha256', secret).update(`${seconds}.`).update(body).digest('hex')
    return {
      'content-type': 'application/json; charset=utf-8',
      'stripe-signature': `t=${seconds},v1=${signature}`,
      'user-agent': 'Stripe/1.0 (+https://stripe.com/docs/webhooks)',
    }
  },
}
