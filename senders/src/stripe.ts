import { createHmac } from 'node:crypto'
import { jsonSamples, type Sender } from './sender.ts'

/**
 * Stripe signs `<seconds>.<body>` with the whole secret, its `whsec_` included; the event's id is in the body.
 * https://docs.stripe.com/webhooks#verify-manually
 */
export const stripe: Sender = {
  kind: 'stripe',
  title: 'Stripe',
  ...jsonSamples('Stripe', {
    'invoice.paid': ({ id }) => eventOf(id, 'invoice.paid', invoice),
    'invoice.payment_failed': ({ id }) =>
      eventOf(id, 'invoice.payment_failed', { ...invoice, amount_paid: 0, status: 'open' }),
    'checkout.session.completed': ({ id }) => eventOf(id, 'checkout.session.completed', session),
    'customer.subscription.created': ({ id }) => eventOf(id, 'customer.subscription.created', subscription),
    'customer.subscription.updated': ({ id }) =>
      eventOf(
        id,
        'customer.subscription.updated',
        { ...subscription, cancel_at_period_end: true },
        { cancel_at_period_end: false },
      ),
    'customer.subscription.deleted': ({ id }) =>
      eventOf(id, 'customer.subscription.deleted', { ...subscription, status: 'canceled' }),
  }),
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

function eventOf(id: string, type: string, object: object, previous?: object): object {
  return {
    id,
    object: 'event',
    api_version: '2025-09-30.clover',
    created: 1795341243,
    data: { object, ...(previous && { previous_attributes: previous }) },
    livemode: false,
    pending_webhooks: 1,
    request: { id: null, idempotency_key: null },
    type,
  }
}

const invoice = {
  id: 'in_1QTrunklineSample',
  object: 'invoice',
  amount_paid: 4900,
  currency: 'eur',
  customer: 'cus_TrunklineSample',
  status: 'paid',
}

const session = {
  id: 'cs_test_TrunklineSample',
  object: 'checkout.session',
  amount_total: 4900,
  currency: 'eur',
  customer: 'cus_TrunklineSample',
  mode: 'subscription',
  payment_status: 'paid',
  status: 'complete',
  subscription: 'sub_1QTrunklineSample',
}

const subscription = {
  id: 'sub_1QTrunklineSample',
  object: 'subscription',
  cancel_at_period_end: false,
  currency: 'eur',
  customer: 'cus_TrunklineSample',
  items: {
    object: 'list',
    data: [
      {
        id: 'si_TrunklineSample',
        object: 'subscription_item',
        current_period_end: 1797933243,
        current_period_start: 1795341243,
        price: { id: 'price_1QTrunklineSample', object: 'price', unit_amount: 4900, recurring: { interval: 'month' } },
        quantity: 1,
      },
    ],
  },
  status: 'active',
}
