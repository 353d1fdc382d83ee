import { z } from 'zod'
import { type Payment, paymentStatuses } from '../../accounts/payment.ts'
import type { Row } from '../../accounts/place.ts'
import { type Subscription, subscriptionAt, subscriptionStatuses } from '../../accounts/subscription.ts'
import type { User } from '../../accounts/user.ts'
import { Problem, quoted } from '../../base/errors.ts'
import { maskName, maskValue } from '../../base/personal.ts'
import { shownTime } from '../list.ts'

const customer = z
  .string()
  .nullable()
  .meta({ description: 'The customer whose events told of it; null when they are of nobody in particular.' })
const stripeCustomerId = z.string().nullable().meta({ example: 'cus_1' })
const userId = z.string().nullable().meta({ description: 'The `metadata.userId` of the subscription at Stripe.' })

export const subscriptionStatus = z.enum(subscriptionStatuses)
export const paymentStatus = z.enum(paymentStatuses)
export const userStatus = z.enum(['active', 'deleted'])

export const subscriptionShape = z
  .object({
    id: z.string().meta({ description: 'Stripe’s id.', example: 'sub_1' }),
    customer,
    stripeCustomerId,
    userId,
    tier: z.string().nullable().meta({ description: 'Of `TRUNKLINE_STRIPE_TIERS`; null for a price not named there.' }),
    priceId: z.string().nullable(),
    status: subscriptionStatus,
    currentPeriodStart: z.string().nullable(),
    currentPeriodEnd: z.string().nullable(),
    cancelAtPeriodEnd: z.boolean(),
    updatedAt: z.string().meta({ description: 'Stripe’s time of the newest event that was applied.' }),
  })
  .meta({ id: 'Subscription' })

export const paymentShape = z
  .object({
    id: z.string().meta({ description: 'Stripe’s id of the invoice.', example: 'in_1' }),
    customer,
    stripeCustomerId,
    userId,
    subscriptionId: z.string().nullable(),
    paymentId: z.string().nullable().meta({ description: 'The payment intent or charge, where Stripe tells.' }),
    amount: z.int().meta({ description: 'In the smallest unit of the currency.' }),
    currency: z.string().meta({ example: 'eur' }),
    method: z.string().nullable(),
    status: paymentStatus,
    failureReason: z.string().nullable(),
    updatedAt: z.string().meta({ description: 'Stripe’s time of the newest event that was applied.' }),
  })
  .meta({ id: 'Payment' })

export const userShape = z
  .object({
    id: z.string().meta({ description: 'Clerk’s id.', example: 'user_1' }),
    customer,
    email: z.string().nullable(),
    name: z.string().nullable(),
    imageUrl: z.string().nullable(),
    status: userStatus,
    createdAt: z.string().nullable().meta({ description: 'Clerk’s time, like the others.' }),
    updatedAt: z.string(),
    deletedAt: z.string().nullable(),
  })
  .meta({ id: 'User' })

/** What a list can be narrowed to, of each kind. */
export const customerQuery = z
  .string()
  .max(100)
  .optional()
  .meta({ description: 'The customer whose events told of it.' })
export const userQuery = z.string().max(500).optional().meta({ description: 'The `userId`.' })
export const stripeCustomerQuery = z.string().max(255).optional().meta({ description: 'Stripe’s id of its customer.' })

export const providerIdParam = z.object({ id: z.string().max(255) })
export const whoseQuery = z.strictObject({
  customer: z
    .string()
    .max(100)
    .optional()
    .meta({ description: 'The customer whose events told of it; needed only where those of several told of the id.' }),
})

export function showSubscription(subscription: Subscription): z.input<typeof subscriptionShape> {
  const { id, customer, stripeCustomerId, userId, tier, priceId, status, cancelAtPeriodEnd } = subscription
  return {
    id,
    customer,
    stripeCustomerId,
    userId,
    tier,
    priceId,
    status,
    currentPeriodStart: shownOrNull(subscription.currentPeriodStart),
    currentPeriodEnd: shownOrNull(subscription.currentPeriodEnd),
    cancelAtPeriodEnd,
    updatedAt: shownTime(subscriptionAt(subscription)),
  }
}

export function showPayment({ key, workspaceId, at, eventId, ...payment }: Payment): z.input<typeof paymentShape> {
  return { ...payment, updatedAt: shownTime(at) }
}

export function showUser({ id, customer, email, name, imageUrl, ...user }: User): z.input<typeof userShape> {
  return {
    id,
    customer,
    email,
    name,
    imageUrl,
    status: user.deletedAt === null ? 'active' : 'deleted',
    createdAt: shownOrNull(user.createdAt),
    updatedAt: shownTime(user.updatedAt),
    deletedAt: shownOrNull(user.deletedAt),
  }
}

/** How lists show them. A user's id at Stripe is what the operator put there: an e-mail address, perhaps. */
export const maskSubscription = <Shown extends { userId: string | null }>(shown: Shown): Shown => ({
  ...shown,
  userId: maskValue(shown.userId),
})

export const maskPayment = maskSubscription

export function maskUser(shown: z.input<typeof userShape>): z.input<typeof userShape> {
  return {
    ...shown,
    email: maskValue(shown.email),
    name: maskName(shown.name),
    imageUrl: maskValue(shown.imageUrl),
  }
}

/** The one that is meant. The events of several customers may have told of one id: then the caller says whose. */
export function theOne<Each extends Row>(
  what: string,
  id: string,
  found: readonly Each[],
  whose: string | undefined,
): Each {
  const fitting = whose === undefined ? found : found.filter((each) => each.customer === whose)
  const [one, another] = fitting
  if (!one) throw new Problem('NOT_FOUND', `there is no ${what} ${quoted(id)}`)
  if (another) {
    throw new Problem(
      'CONFLICT',
      `the events of several customers told of ${what} ${quoted(id)}; say whose with ?customer=`,
    )
  }
  return one
}

const shownOrNull = (ms: number | null): string | null => (ms === null ? null : shownTime(ms))
