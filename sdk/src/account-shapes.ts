import type { PageQuery } from './shapes.ts'

// Who has paid, and who the users are, as the events of Stripe and Clerk told.

/** A subscription at Stripe. */
export interface Subscription {
  /** Stripe's. */
  id: string
  /** The customer whose events told of it; null when they are of nobody in particular. */
  customer: string | null
  stripeCustomerId: string | null
  /** The `metadata.userId` of the subscription at Stripe. Lists mask what is like a phone number or an address. */
  userId: string | null
  /** Of `TRUNKLINE_STRIPE_TIERS`; null for a price that is not named there. */
  tier: string | null
  priceId: string | null
  status: 'ACTIVE' | 'PAST_DUE' | 'CANCELED' | 'INCOMPLETE' | 'TRIALING'
  currentPeriodStart: string | null
  currentPeriodEnd: string | null
  cancelAtPeriodEnd: boolean
  /** Stripe's time of the newest event that was applied. */
  updatedAt: string
}

/** A payment at Stripe. */
export interface Payment {
  /** Stripe's, of the invoice. */
  id: string
  /** The customer whose events told of it; null when they are of nobody in particular. */
  customer: string | null
  stripeCustomerId: string | null
  /** The `metadata.userId` of the subscription at Stripe. Lists mask what is like a phone number or an address. */
  userId: string | null
  subscriptionId: string | null
  /** The payment intent or charge, where Stripe tells. */
  paymentId: string | null
  /** In the smallest unit of the currency. */
  amount: number
  currency: string
  method: string | null
  status: 'SUCCEEDED' | 'FAILED'
  failureReason: string | null
  /** Stripe's time of the newest event that was applied. */
  updatedAt: string
}

/** A user at Clerk. Times are Clerk's. */
export interface User {
  /** Clerk's. */
  id: string
  /** The customer whose events told of it; null when they are of nobody in particular. */
  customer: string | null
  /** Lists mask the address, the name and the picture. */
  email: string | null
  name: string | null
  imageUrl: string | null
  status: 'active' | 'deleted'
  createdAt: string | null
  updatedAt: string
  deletedAt: string | null
}

/** What the lists of accounts have in common. */
interface AccountQuery extends PageQuery {
  /** The customer whose events told of it. */
  customer?: string
  /** Whether phone numbers and the like are shown whole; needs the scope `personal.read`. */
  reveal?: boolean
}

export interface SubscriptionQuery extends AccountQuery {
  /** The `userId`. */
  user?: string
  /** Stripe's id of its customer. */
  stripeCustomer?: string
  status?: Subscription['status']
}

export interface PaymentQuery extends AccountQuery {
  /** The `userId`. */
  user?: string
  /** Stripe's id of its customer. */
  stripeCustomer?: string
  /** Stripe's id of the subscription. */
  subscription?: string
  status?: Payment['status']
}

export interface UserQuery extends AccountQuery {
  /** The primary address, to the letter. */
  email?: string
  status?: User['status']
}

/** Whose it is; needed only where the events of several customers told of the same id. */
export interface Whose {
  customer?: string
}
