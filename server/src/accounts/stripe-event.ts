import { z } from 'zod'
import { faultOf, optional, providerId, reference, seconds, text } from './field.ts'
import type { PaymentReport } from './payment.ts'
import { freeTier, type SubscriptionReport, type SubscriptionStatus, type SubscriptionWord } from './subscription.ts'

/** Which tier each of Stripe's prices stands for. */
export type Tiers = Readonly<Record<string, string>>

/** What an event of Stripe's tells us, or why it cannot be read. */
export type StripeFact =
  | { kind: 'subscription'; report: SubscriptionReport }
  /** `speaks`: it says how its subscription stands. */
  | { kind: 'payment'; report: PaymentReport; speaks: boolean }
  | { kind: 'unreadable'; reason: string }

/** The events of Stripe that are understood, as their sources name them. */
export const stripeTypes = {
  'stripe.customer.subscription.created': 'created',
  'stripe.customer.subscription.updated': 'updated',
  'stripe.customer.subscription.deleted': 'deleted',
  // Stripe sends both when an invoice was paid through it, and only the first when it was paid in some other way.
  'stripe.invoice.paid': 'SUCCEEDED',
  'stripe.invoice.payment_succeeded': 'SUCCEEDED',
  'stripe.invoice.payment_failed': 'FAILED',
} as const

/**
 * Reads an event in either of the shapes that Stripe's API versions have: until 2025-03-31 ("basil") the billing period
 * stood on the subscription and the subscription on the invoice; since then they stand on the items and in `parent`.
 * https://docs.stripe.com/changelog/basil/2025-03-31/deprecate-subscription-current-period-start-and-end
 * https://docs.stripe.com/changelog/basil/2025-03-31/adds-new-parent-field-to-invoicing-objects
 */
export function readStripe(type: keyof typeof stripeTypes, value: unknown, tiers: Tiers): StripeFact {
  const meaning = stripeTypes[type]
  switch (meaning) {
    case 'SUCCEEDED':
    case 'FAILED': {
      const read = invoiceEvent.safeParse(value)
      if (!read.success) return { kind: 'unreadable', reason: faultOf(read.error) }
      const amount = amountOf(read.data.data.object, meaning)
      if (amount === null) return { kind: 'unreadable', reason: 'data.object: has no whole amount' }
      const speaks = meaning === 'SUCCEEDED' || isOwed(read.data.data.object)
      return { kind: 'payment', report: paymentOf(read.data, meaning, amount), speaks }
    }
    default: {
      const read = subscriptionEvent.safeParse(value)
      if (!read.success) return { kind: 'unreadable', reason: faultOf(read.error) }
      return { kind: 'subscription', report: subscriptionOf(read.data, meaning, tiers) }
    }
  }
}

/** What Stripe's statuses mean here. https://docs.stripe.com/api/subscriptions/object#subscription_object-status */
const statuses = {
  active: 'ACTIVE',
  past_due: 'PAST_DUE',
  unpaid: 'PAST_DUE',
  canceled: 'CANCELED',
  incomplete: 'INCOMPLETE',
  incomplete_expired: 'INCOMPLETE',
  trialing: 'TRIALING',
  // A trial that ended without a way to pay: nothing is paid and nothing is owed.
  paused: 'INCOMPLETE',
} as const satisfies Record<string, SubscriptionStatus>

const metadata = z.object({ userId: optional(text) })

const item = z.object({
  price: optional(z.object({ id: providerId })),
  plan: optional(z.object({ id: providerId })),
  current_period_start: optional(seconds),
  current_period_end: optional(seconds),
})

const subscriptionEvent = z.object({
  id: providerId,
  created: seconds,
  data: z.object({
    object: z.object({
      id: providerId,
      status: z.enum(Object.keys(statuses) as [keyof typeof statuses]),
      customer: optional(reference),
      metadata: optional(metadata),
      items: optional(z.object({ data: z.array(item) })),
      current_period_start: optional(seconds),
      current_period_end: optional(seconds),
      cancel_at_period_end: optional(z.boolean()),
    }),
  }),
})

function subscriptionOf(
  { id: eventId, created: at, data: { object } }: z.output<typeof subscriptionEvent>,
  word: SubscriptionWord,
  tiers: Tiers,
): SubscriptionReport {
  const isDeleted = word === 'deleted'
  const items = (object.items?.data ?? []).map((each) => ({
    ...each,
    priceId: each.price?.id ?? each.plan?.id ?? null,
  }))
  // Add-ons beside the plan are items too: the plan is the one whose price stands for a tier.
  const plan = items.find(({ priceId }) => tierOf(priceId, tiers) !== null) ?? items[0]
  const priceId = plan?.priceId ?? null
  return {
    id: object.id,
    at,
    eventId,
    word,
    status: isDeleted ? 'CANCELED' : statuses[object.status],
    stripeCustomerId: object.customer,
    userId: object.metadata?.userId ?? null,
    tier: isDeleted ? freeTier : tierOf(priceId, tiers),
    priceId,
    currentPeriodStart: plan?.current_period_start ?? object.current_period_start,
    currentPeriodEnd: plan?.current_period_end ?? object.current_period_end,
    cancelAtPeriodEnd: object.cancel_at_period_end ?? false,
  }
}

const tierOf = (priceId: string | null, tiers: Tiers): string | null =>
  priceId !== null && Object.hasOwn(tiers, priceId) ? (tiers[priceId] ?? null) : null

const details = z.object({ subscription: optional(reference), metadata: optional(metadata) })
const failure = z.object({ message: optional(text) })

/** The parts of an invoice that other objects may stand in: Stripe puts them in only where it was asked to. */
const intent = z.object({ last_payment_error: optional(failure) })
const charge = z.object({
  failure_message: optional(text),
  payment_method_details: optional(z.object({ type: optional(text) })),
})
const invoicePayment = z.object({
  payment: z.object({ payment_intent: optional(reference), charge: optional(reference) }),
})

const invoiceEvent = z.object({
  id: providerId,
  created: seconds,
  data: z.object({
    object: z.object({
      id: providerId,
      customer: optional(reference),
      currency: z.string().regex(/^[a-z]{3}$/, 'must be three small letters'),
      amount_paid: optional(z.int()),
      amount_due: optional(z.int()),
      billing_reason: optional(z.string()),
      subscription: optional(reference),
      subscription_details: optional(details),
      parent: optional(z.object({ subscription_details: optional(details) })),
      payment_intent: z.unknown().optional(),
      charge: z.unknown().optional(),
      payments: optional(z.object({ data: z.array(invoicePayment) })),
      last_finalization_error: optional(failure),
    }),
  }),
})

type Invoice = z.output<typeof invoiceEvent>['data']['object']

/**
 * Whether a subscription is owed by an invoice that failed: its first one, and that of each period. One for a change in between
 * may fail without it: Stripe keeps the subscription as it was, or says so by an event of the subscription's own.
 * https://docs.stripe.com/billing/subscriptions/pending-updates
 */
const isOwed = ({ billing_reason: reason }: Invoice): boolean =>
  reason === null || reason === 'subscription_cycle' || reason === 'subscription_create'

/** What was paid, or what was asked for in vain. */
const amountOf = ({ amount_paid: paid, amount_due: due }: Invoice, status: PaymentReport['status']): number | null =>
  status === 'SUCCEEDED' ? (paid ?? due) : (due ?? paid)

function paymentOf(
  { id: eventId, created: at, data: { object } }: z.output<typeof invoiceEvent>,
  status: PaymentReport['status'],
  amount: number,
): PaymentReport {
  const detail = object.parent?.subscription_details ?? object.subscription_details
  const payment = object.payments?.data[0]?.payment
  const ofCharge = optional(charge).parse(object.charge)
  const error = optional(intent).parse(object.payment_intent)?.last_payment_error
  return {
    id: object.id,
    subscriptionId: object.parent?.subscription_details?.subscription ?? object.subscription,
    stripeCustomerId: object.customer,
    userId: detail?.metadata?.userId ?? null,
    paymentId:
      optional(reference).parse(object.payment_intent) ??
      optional(reference).parse(object.charge) ??
      payment?.payment_intent ??
      payment?.charge ??
      null,
    amount,
    currency: object.currency,
    method: ofCharge?.payment_method_details?.type ?? null,
    status,
    failureReason:
      status === 'FAILED'
        ? (error?.message ?? ofCharge?.failure_message ?? object.last_finalization_error?.message ?? null)
        : null,
    at,
    eventId,
  }
}
