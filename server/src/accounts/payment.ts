import { isAfter, type Place, type Row } from './place.ts'

export const paymentStatuses = ['SUCCEEDED', 'FAILED'] as const
export type PaymentStatus = (typeof paymentStatuses)[number]

/** What became of an invoice at Stripe. Its id is the invoice's: every attempt at it is the same payment. */
export interface Payment extends Row, Omit<PaymentReport, 'id'> {}

/** What an event about an invoice says. */
export interface PaymentReport {
  id: string
  subscriptionId: string | null
  stripeCustomerId: string | null
  /** `metadata.userId` of its subscription, as it was when the invoice was made. */
  userId: string | null
  /** The payment intent or charge, where the event names it: Stripe's API has stopped to. */
  paymentId: string | null
  /** In the smallest unit of the currency: what was paid, or what was asked for in vain. */
  amount: number
  /** Three small letters. */
  currency: string
  /** Such as `card`, where the event tells. */
  method: string | null
  status: PaymentStatus
  failureReason: string | null
  /** The event's own time, not the time it arrived. */
  at: number
  eventId: string
}

/** The payment after an event about it, or undefined when it knows of a newer one. What was paid does not fail any more. */
export function settle(
  before: Payment | undefined,
  report: PaymentReport,
  place: Place & { key: string },
): Payment | undefined {
  if (before && !isAfter(order(report), order(before))) return undefined
  return { ...(before ?? place), ...report }
}

const order = ({ status, at, eventId }: PaymentReport) => [status === 'SUCCEEDED', at, eventId]

/** Whether it is news: each failed attempt is, and the first word of success; Stripe says that one in two events. */
export function isPaymentNews(before: Payment | undefined, after: Payment): boolean {
  return after.status === 'FAILED' || before?.status !== 'SUCCEEDED'
}
