/** What a sample is made with. */
interface Made {
  id: string
  nowMs: number
}

/** The shapes of Stripe's API that differ here: before the version "basil" of 31 March 2025, and since. */
const newest = '2025-09-30.clover'
const former = '2024-06-20'

/** The suffix of the samples in the former shape, such as `invoice.paid@2024-06-20`. */
const inFormerShape = `@${former}`

/**
 * The bodies of Stripe's samples by event: the life of one subscription. Each is there in both shapes of the API.
 * https://docs.stripe.com/changelog/basil/2025-03-31/deprecate-subscription-current-period-start-and-end
 * https://docs.stripe.com/changelog/basil/2025-03-31/adds-new-parent-field-to-invoicing-objects
 */
export const stripeBodies: Readonly<Record<string, (made: Made) => unknown>> = {
  ...bodiesOf(newest, ''),
  ...bodiesOf(former, inFormerShape),
  'checkout.session.completed': (made) => eventOf('checkout.session.completed', newest, made, session),
}

function bodiesOf(version: string, suffix: string): Record<string, (made: Made) => unknown> {
  const subscription = version === former ? formerSubscription : newestSubscription
  const invoice = version === former ? formerInvoice : newestInvoice
  const paid = { amount_due: 4900, amount_paid: 4900, amount_remaining: 0, attempt_count: 1, status: 'paid' }
  const failed = { amount_due: 4900, amount_paid: 0, amount_remaining: 4900, attempt_count: 1, status: 'open' }
  const bodies: Record<string, (made: Made) => unknown> = {
    'invoice.paid': (made) => eventOf('invoice.paid', version, made, invoice(paid)),
    'invoice.payment_succeeded': (made) => eventOf('invoice.payment_succeeded', version, made, invoice(paid)),
    'invoice.payment_failed': (made) => eventOf('invoice.payment_failed', version, made, invoice(failed)),
    'customer.subscription.created': (made) =>
      eventOf('customer.subscription.created', version, made, subscription(made, { status: 'active' })),
    'customer.subscription.updated': (made) =>
      eventOf(
        'customer.subscription.updated',
        version,
        made,
        subscription(made, { status: 'active', cancel_at_period_end: true }),
        { cancel_at_period_end: false },
      ),
    'customer.subscription.deleted': (made) =>
      eventOf('customer.subscription.deleted', version, made, subscription(made, { status: 'canceled' })),
  }
  return Object.fromEntries(Object.entries(bodies).map(([event, body]) => [`${event}${suffix}`, body]))
}

function eventOf(type: string, version: string, { id, nowMs }: Made, object: object, previous?: object): unknown {
  return {
    id,
    object: 'event',
    api_version: version,
    created: Math.floor(nowMs / 1000),
    data: { object, ...(previous ? { previous_attributes: previous } : {}) },
    livemode: false,
    pending_webhooks: 1,
    request: { id: null, idempotency_key: null },
    type,
  }
}

const subscriptionId = 'sub_1QTrunklineSample'
const metadata = { userId: 'user_2Trunkline' }
const periodSeconds = 30 * 24 * 60 * 60

const periodOf = ({ nowMs }: Made) => {
  const day = 24 * 60 * 60
  const start = Math.floor(nowMs / 1000 / day) * day
  return { current_period_start: start, current_period_end: start + periodSeconds }
}

const subscriptionOf = (itemPeriod: object, more: object) => ({
  id: subscriptionId,
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
        ...itemPeriod,
        price: { id: 'price_1QTrunklineSample', object: 'price', unit_amount: 4900, recurring: { interval: 'month' } },
        quantity: 1,
        subscription: subscriptionId,
      },
    ],
  },
  metadata,
  ...more,
})

function newestSubscription(made: Made, more: object): object {
  return subscriptionOf(periodOf(made), more)
}

function formerSubscription(made: Made, more: object): object {
  return subscriptionOf({}, { ...periodOf(made), ...more })
}

const invoiceOf = (more: object) => ({
  id: 'in_1QTrunklineSample',
  object: 'invoice',
  billing_reason: 'subscription_cycle',
  currency: 'eur',
  customer: 'cus_TrunklineSample',
  ...more,
})

function newestInvoice(more: object): object {
  const details = { metadata, subscription: subscriptionId }
  return invoiceOf({
    ...more,
    parent: { type: 'subscription_details', quote_details: null, subscription_details: details },
  })
}

function formerInvoice(more: object): object {
  return invoiceOf({
    ...more,
    charge: 'ch_1QTrunklineSample',
    payment_intent: 'pi_1QTrunklineSample',
    subscription: subscriptionId,
    subscription_details: { metadata },
  })
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
  subscription: subscriptionId,
}
