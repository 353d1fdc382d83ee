import { isAfter, type Place, type Row } from './place.ts'

export const subscriptionStatuses = ['ACTIVE', 'PAST_DUE', 'CANCELED', 'INCOMPLETE', 'TRIALING'] as const
export type SubscriptionStatus = (typeof subscriptionStatuses)[number]

/** The tier of whoever has no subscription any more. */
export const freeTier = 'FREE'

/** A subscription at Stripe, as far as its events have told. */
export interface Subscription extends Row, SubscriptionTerms {
  /** What the two records below come to. */
  status: SubscriptionStatus
  /** What the newest event about the subscription itself said; null while only invoices have told of it. */
  told: Told | null
  /** What the newest event about one of its invoices said. */
  billed: Billed | null
}

/** What an event tells of a subscription, beside its status. */
export interface SubscriptionTerms {
  stripeCustomerId: string | null
  /** The product's own id of the user: the subscription's `metadata.userId`. */
  userId: string | null
  /** The tier that its price stands for; null when the price is none of those that were set. */
  tier: string | null
  priceId: string | null
  currentPeriodStart: number | null
  currentPeriodEnd: number | null
  cancelAtPeriodEnd: boolean
}

/** An event's place among the others: Stripe sends them in any order. */
interface Stamp {
  /** The event's own time, not the time it arrived. */
  at: number
  eventId: string
}

/** What happened to a subscription, in Stripe's words and in the order in which it can happen. */
const words = ['created', 'updated', 'deleted'] as const
export type SubscriptionWord = (typeof words)[number]

export interface Told extends Stamp {
  word: SubscriptionWord
  status: SubscriptionStatus
}

export interface Billed extends Stamp {
  isPaid: boolean
}

/** What an event about a subscription says. */
export interface SubscriptionReport extends SubscriptionTerms, Told {
  id: string
}

/** What an event about an invoice says of the subscription that it is for. */
export interface BillingReport extends Billed, Pick<SubscriptionTerms, 'stripeCustomerId' | 'userId'> {
  id: string
}

/**
 * The subscription after an event about it, or undefined when it has told of a newer one already. Whatever the order in
 * which events come, the same ones end in the same state: each record keeps the newest, and the status follows from both.
 */
export function tell(
  before: Subscription | undefined,
  report: SubscriptionReport,
  place: Place & { key: string },
): Subscription | undefined {
  const { id, at, eventId, word, status, ...terms } = report
  const told = { at, eventId, word, status }
  if (before?.told && !isAfter(order(told), order(before.told))) return undefined
  const billed = before?.billed ?? null
  return { ...(before ?? { ...place, id }), ...terms, told, billed, status: statusOf(told, billed) }
}

/** The subscription after an event about one of its invoices, or undefined when it knows of a newer one. */
export function bill(
  before: Subscription | undefined,
  { id, stripeCustomerId, userId, at, eventId, isPaid }: BillingReport,
  place: Place & { key: string },
): Subscription | undefined {
  const billed = { at, eventId, isPaid }
  if (
    before?.billed &&
    !isAfter([at, isPaid, eventId], [before.billed.at, before.billed.isPaid, before.billed.eventId])
  ) {
    return undefined
  }
  const told = before?.told ?? null
  const status = statusOf(told, billed)
  // The subscription's own events say more; until one has come, the invoice's word is all there is.
  if (before?.told) return { ...before, billed, status }
  return { ...(before ?? { ...place, ...unknownTerms, id }), stripeCustomerId, userId, told, billed, status }
}

const unknownTerms = {
  tier: null,
  priceId: null,
  currentPeriodStart: null,
  currentPeriodEnd: null,
  cancelAtPeriodEnd: false,
}

/**
 * A deletion is the last word: Stripe never gives a subscription back. Stripe's times are whole seconds: within one, the
 * creation comes first, and of two updates the ids decide, as well as anything.
 */
const order = ({ word, at, eventId }: Told) => [word === 'deleted', at, words.indexOf(word), eventId]

/**
 * An invoice that is newer than the subscription's own word speaks for it, where it can: a paid one does not end a trial
 * (the first invoice of a trial is one of nothing) nor bring back what was cancelled, and a failed first one leaves a
 * subscription that never began INCOMPLETE.
 */
function statusOf(told: Told | null, billed: Billed | null): SubscriptionStatus {
  if (!told) return billed?.isPaid ? 'ACTIVE' : 'PAST_DUE'
  if (!billed || !(billed.at > told.at || (billed.at === told.at && told.word === 'created'))) return told.status
  const mayChange: readonly SubscriptionStatus[] = billed.isPaid ? ['PAST_DUE', 'INCOMPLETE'] : ['ACTIVE', 'TRIALING']
  if (!mayChange.includes(told.status)) return told.status
  return billed.isPaid ? 'ACTIVE' : 'PAST_DUE'
}

/** When the newest event that it knows of happened. */
export function subscriptionAt({ told, billed }: Pick<Subscription, 'told' | 'billed'>): number {
  return Math.max(told?.at ?? 0, billed?.at ?? 0)
}

/** Whether anything differs that a receiver of its events can see. */
export function subscriptionDiffers(before: Subscription | undefined, after: Subscription): boolean {
  return before === undefined || seen(before) !== seen(after)
}

function seen({ status, ...rest }: Subscription): string {
  const { stripeCustomerId, userId, tier, priceId, currentPeriodStart, currentPeriodEnd, cancelAtPeriodEnd } = rest
  return JSON.stringify([
    status,
    stripeCustomerId,
    userId,
    tier,
    priceId,
    currentPeriodStart,
    currentPeriodEnd,
    cancelAtPeriodEnd,
  ])
}
