import { createHmac } from 'node:crypto'
import { jsonSamples, type Sender } from './sender.ts'

/**
 * Stripe signs `<seconds>.<body>` with the whole secret, its `whsec_` included; the event's id is in the body.
 * https://docs.stripe.com/webhooks#verify-manually
 */
export const stripe: Sender = {
  kind: 'stripe',
  title: 'Stripe',
  ...jsonSamples('Stripe', { 'invoice.paid': ({ id }) => invoicePaid(id) }),
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

function invoicePaid(id: string): unknown {
  return {
    id,
    object: 'event',
    api_version: '2025-09-30.clover',
    created: 1795341243,
    data: {
      object: {
        id: 'in_1QTrunklineSample',
        object: 'invoice',
        amount_paid: 4900,
        currency: 'eur',
        customer: 'cus_TrunklineSample',
        status: 'paid',
      },
    },
    livemode: false,
    pending_webhooks: 1,
    request: { id: null, idempotency_key: null },
    type: 'invoice.paid',
  }
}
