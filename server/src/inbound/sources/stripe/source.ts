import { z } from 'zod'
import { secretFault } from '../../signature/secret.ts'
import { signedTime } from '../../signature/signed-time.ts'
import { toleranceSeconds } from '../../signature/timestamp.ts'
import { dedupeKey, defineSource, eventType, ownText, ownValue, subjectOf } from '../../source.ts'

/** https://docs.stripe.com/api/events/types */
const eventTypes = [
  { type: 'stripe.checkout.session.completed', description: 'A customer finished a checkout.' },
  { type: 'stripe.checkout.session.expired', description: 'A checkout was left until it expired.' },
  { type: 'stripe.customer.created', description: 'A customer was created.' },
  { type: 'stripe.customer.updated', description: 'A property of a customer changed.' },
  { type: 'stripe.customer.deleted', description: 'A customer was deleted.' },
  { type: 'stripe.customer.subscription.created', description: 'A customer was signed up for a plan.' },
  {
    type: 'stripe.customer.subscription.updated',
    description: 'A subscription changed: its plan, its status or its trial.',
  },
  { type: 'stripe.customer.subscription.deleted', description: 'A subscription ended.' },
  { type: 'stripe.customer.subscription.trial_will_end', description: 'A trial ends in three days.' },
  { type: 'stripe.invoice.created', description: 'An invoice was created.' },
  { type: 'stripe.invoice.finalized', description: 'An invoice was made final.' },
  { type: 'stripe.invoice.paid', description: 'An invoice was paid, or marked as paid.' },
  { type: 'stripe.invoice.payment_failed', description: 'An attempt to pay an invoice failed.' },
  { type: 'stripe.payment_intent.succeeded', description: 'A payment went through.' },
  { type: 'stripe.payment_intent.payment_failed', description: 'A payment failed.' },
  { type: 'stripe.charge.refunded', description: 'A charge was refunded, wholly or in part.' },
  { type: 'stripe.charge.dispute.created', description: 'A customer disputes a charge.' },
]

/** https://docs.stripe.com/webhooks and https://docs.stripe.com/api/events/object */
export default defineSource({
  kind: 'stripe',
  title: 'Stripe',
  limits: { bodyBytes: 1024 * 1024 },
  config: z.strictObject({
    toleranceSeconds: toleranceSeconds.default(300),
  }),
  fixedPath: { path: '/api/webhooks/stripe' },
  checkSecret,
  verify: signedTime({ header: 'stripe-signature' }),
  parse: ({ body, json }) => {
    const { text, value } = json()
    return [
      {
        dedupeKey: dedupeKey(ownText(value, 'id'), body),
        type: eventType('stripe', ownText(value, 'type')),
        subject: subjectOf(subjectId(value)),
        ...routeOf(value),
        data: text,
      },
    ]
  },
  eventTypes,
})

function checkSecret(secret: string): string | undefined {
  const fault = secretFault(secret, 1)
  if (fault) return fault
  if (!secret.startsWith('whsec_')) {
    return 'the secret does not begin with whsec_; API keys (sk_…) and endpoint ids (we_…) are not signing secrets'
  }
  if (!/^whsec_[!-~]{8,}$/.test(secret)) return 'the secret is not whsec_ and at least 8 visible characters'
  return undefined
}

// A thin event has no object in it, only the reference to one.
function subjectId(value: unknown): string | undefined {
  return ownText(ownValue(ownValue(value, 'data'), 'object'), 'id') ?? ownText(ownValue(value, 'related_object'), 'id')
}

/** A connected account's event, which a platform gets beside its own. https://docs.stripe.com/connect/webhooks */
function routeOf(value: unknown): { route?: string } {
  const account = subjectOf(ownText(value, 'account'))
  return account === null ? {} : { route: account }
}
