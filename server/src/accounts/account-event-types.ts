import { z } from 'zod'
import type { EventTypeEntry } from '../events/event-type.ts'
import { subscriptionStatuses } from './subscription.ts'

const subscription = z.object({
  id: z.string(),
  userId: z.string().nullable(),
  tier: z.string().nullable(),
  status: z.enum(subscriptionStatuses),
  currentPeriodEnd: z.string().nullable(),
  cancelAtPeriodEnd: z.boolean(),
})

const payment = z.object({
  id: z.string(),
  userId: z.string().nullable(),
  subscriptionId: z.string().nullable(),
  amount: z.number(),
  currency: z.string(),
  method: z.string().nullable(),
  invoiceId: z.string(),
})

const user = { id: z.string(), email: z.string().nullable(), name: z.string().nullable() }

/** What is made of Stripe's and Clerk's events: the product's own words for them. */
export const accountEventTypes: readonly EventTypeEntry[] = [
  { type: 'subscription.created', description: 'A subscription began.', data: subscription },
  {
    type: 'subscription.updated',
    description: 'A subscription changed: its tier, its status, its period.',
    data: subscription,
  },
  { type: 'subscription.cancelled', description: 'A subscription ended for good.', data: subscription },
  { type: 'payment.succeeded', description: 'An invoice was paid.', data: payment },
  {
    type: 'payment.failed',
    description: 'An invoice could not be paid.',
    data: payment.extend({ failureReason: z.string().nullable() }),
  },
  {
    type: 'user.created',
    description: 'A user signed up.',
    data: z.object({ ...user, createdAt: z.string().nullable() }),
  },
  {
    type: 'user.updated',
    description: 'A user’s name, address or picture changed.',
    data: z.object({ ...user, updatedAt: z.string().nullable() }),
  },
  {
    type: 'user.deleted',
    description: 'A user is gone; the data is what was known of them.',
    data: z.object({ ...user, deletedAt: z.string().nullable() }),
  },
]
