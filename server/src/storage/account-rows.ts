import type { Payment } from '../accounts/payment.ts'
import type { Subscription, SubscriptionWord } from '../accounts/subscription.ts'
import type { User } from '../accounts/user.ts'

export interface SubscriptionRow {
  workspace_id: string
  key: string
  customer: string | null
  id: string
  stripe_customer_id: string | null
  user_id: string | null
  tier: string | null
  price_id: string | null
  status: string
  current_period_start: number | null
  current_period_end: number | null
  cancel_at_period_end: number
  told_at: number | null
  told_event_id: string | null
  told_word: string | null
  told_status: string | null
  billed_at: number | null
  billed_event_id: string | null
  billed_paid: number | null
}

export interface PaymentRow {
  workspace_id: string
  key: string
  customer: string | null
  id: string
  subscription_id: string | null
  stripe_customer_id: string | null
  user_id: string | null
  payment_id: string | null
  amount: number
  currency: string
  method: string | null
  status: string
  failure_reason: string | null
  told_at: number
  told_event_id: string
}

export interface UserRow {
  workspace_id: string
  key: string
  customer: string | null
  id: string
  email: string | null
  name: string | null
  image_url: string | null
  created_at: number | null
  updated_at: number
  deleted_at: number | null
  told_at: number
  mark: string
}

export function toSubscription(row: SubscriptionRow): Subscription {
  return {
    workspaceId: row.workspace_id,
    key: row.key,
    customer: row.customer,
    id: row.id,
    stripeCustomerId: row.stripe_customer_id,
    userId: row.user_id,
    tier: row.tier,
    priceId: row.price_id,
    status: row.status as Subscription['status'],
    currentPeriodStart: row.current_period_start,
    currentPeriodEnd: row.current_period_end,
    cancelAtPeriodEnd: row.cancel_at_period_end === 1,
    told:
      row.told_at !== null && row.told_event_id !== null
        ? {
            at: row.told_at,
            eventId: row.told_event_id,
            word: row.told_word as SubscriptionWord,
            status: row.told_status as Subscription['status'],
          }
        : null,
    billed:
      row.billed_at !== null && row.billed_event_id !== null
        ? { at: row.billed_at, eventId: row.billed_event_id, isPaid: row.billed_paid === 1 }
        : null,
  }
}

export function fromSubscription({ told, billed, ...subscription }: Subscription): SubscriptionRow {
  return {
    workspace_id: subscription.workspaceId,
    key: subscription.key,
    customer: subscription.customer,
    id: subscription.id,
    stripe_customer_id: subscription.stripeCustomerId,
    user_id: subscription.userId,
    tier: subscription.tier,
    price_id: subscription.priceId,
    status: subscription.status,
    current_period_start: subscription.currentPeriodStart,
    current_period_end: subscription.currentPeriodEnd,
    cancel_at_period_end: Number(subscription.cancelAtPeriodEnd),
    told_at: told?.at ?? null,
    told_event_id: told?.eventId ?? null,
    told_word: told?.word ?? null,
    told_status: told?.status ?? null,
    billed_at: billed?.at ?? null,
    billed_event_id: billed?.eventId ?? null,
    billed_paid: billed ? Number(billed.isPaid) : null,
  }
}

export function toPayment(row: PaymentRow): Payment {
  return {
    workspaceId: row.workspace_id,
    key: row.key,
    customer: row.customer,
    id: row.id,
    subscriptionId: row.subscription_id,
    stripeCustomerId: row.stripe_customer_id,
    userId: row.user_id,
    paymentId: row.payment_id,
    amount: row.amount,
    currency: row.currency,
    method: row.method,
    status: row.status as Payment['status'],
    failureReason: row.failure_reason,
    at: row.told_at,
    eventId: row.told_event_id,
  }
}

export function fromPayment(payment: Payment): PaymentRow {
  return {
    workspace_id: payment.workspaceId,
    key: payment.key,
    customer: payment.customer,
    id: payment.id,
    subscription_id: payment.subscriptionId,
    stripe_customer_id: payment.stripeCustomerId,
    user_id: payment.userId,
    payment_id: payment.paymentId,
    amount: payment.amount,
    currency: payment.currency,
    method: payment.method,
    status: payment.status,
    failure_reason: payment.failureReason,
    told_at: payment.at,
    told_event_id: payment.eventId,
  }
}

export function toUser(row: UserRow): User {
  return {
    workspaceId: row.workspace_id,
    key: row.key,
    customer: row.customer,
    id: row.id,
    email: row.email,
    name: row.name,
    imageUrl: row.image_url,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
    deletedAt: row.deleted_at,
    toldAt: row.told_at,
    mark: row.mark,
  }
}

export function fromUser(user: User): UserRow {
  return {
    workspace_id: user.workspaceId,
    key: user.key,
    customer: user.customer,
    id: user.id,
    email: user.email,
    name: user.name,
    image_url: user.imageUrl,
    created_at: user.createdAt,
    updated_at: user.updatedAt,
    deleted_at: user.deletedAt,
    told_at: user.toldAt,
    mark: user.mark,
  }
}
