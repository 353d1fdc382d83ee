import { z } from 'zod'
import { secretFault } from '../../signature/secret.ts'
import { signedTime } from '../../signature/signed-time.ts'
import { dedupeKey, defineSource, eventType, ownText, ownValue, subjectOf } from '../../source.ts'

/** https://docs.stripe.com/webhooks and https://docs.stripe.com/api/events/object */
export default defineSource({
  kind: 'stripe',
  title: 'Stripe',
  limits: { bodyBytes: 1024 * 1024 },
  config: z.strictObject({
    /** How far the signed time may be from ours, either way. */
    toleranceSeconds: z.int().min(1).max(86_400).default(300),
  }),
  checkSecret,
  verify: signedTime({ header: 'stripe-signature' }),
  parse: ({ body, json }) => {
    const { text, value } = json()
    return [
      {
        dedupeKey: dedupeKey(ownText(value, 'id'), body),
        type: eventType('stripe', ownText(value, 'type')),
        subject: subjectOf(subjectId(value)),
        data: text,
      },
    ]
  },
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
