import { newId } from '../base/id.ts'
import { together } from '../base/together.ts'
import type { Event, NewEvent } from '../events/event.ts'
import type { Change, Followed, Follower, FollowTx, PassedOver } from '../events/follow/follower.ts'
import type { AccountStore } from './account-store.ts'
import { type Book, openBook } from './book.ts'
import { type ClerkFact, clerkTypes, readClerk } from './clerk-event.ts'
import { paymentNews, subscriptionNews, userNews } from './news.ts'
import { isPaymentNews, type Payment, type PaymentReport, settle } from './payment.ts'
import { readStripe, type StripeFact, stripeTypes, type Tiers } from './stripe-event.ts'
import { bill, type Subscription, type SubscriptionReport, subscriptionDiffers, tell } from './subscription.ts'
import { meet, type User, type UserReport, userDiffers } from './user.ts'

type AccountsTx = FollowTx & { accounts: AccountStore }

export interface AccountsSettings {
  tiers: Tiers
}

/**
 * Keeps what Stripe's and Clerk's events come to: who has which subscription, what was paid, who the users are. Each
 * change is an event of its own in the log, in the product's words.
 */
export const accounts: Follower<AccountsTx, AccountsSettings, Fact> = {
  name: 'accounts',
  types: [...Object.keys(stripeTypes), ...Object.keys(clerkTypes)],
  readsData: true,
  read: (event, { tiers }) => factOf(event, tiers),
  async run(tx, events, now, _, report) {
    const genuine = await fromTheirSources(tx.accounts, events)
    const facts = genuine.map((event) => ({ event, fact: event.fact }))
    const books = await openBooks(tx.accounts, facts)
    const made = facts.flatMap(({ event, fact }) => enter(books, fact, event, now).map((news) => ({ event, news })))
    await together([
      tx.accounts.keepSubscriptions(books.subscriptions.changed()),
      tx.accounts.keepPayments(books.payments.changed()),
      tx.accounts.keepUsers(books.users.changed()),
    ])
    await tx.log.appendEvents(made.map(({ news }) => news))
    if (report) for (const change of changesIn(books, made)) report(change)
    const passedOver = facts.flatMap(({ event, fact }): PassedOver[] =>
      fact.kind === 'unreadable' ? [{ eventId: event.id, reason: fact.reason }] : [],
    )
    const requests = new Set(made.map(({ event }) => event.requestId).filter((id) => id !== null))
    return { lanes: [], made: made.length, requests: [...requests], ...(passedOver.length > 0 ? { passedOver } : {}) }
  },
}

/**
 * Only what has come through a source of the provider's own counts: an event that was published through the API, or that
 * some other sender names in the same way, says nothing about who has paid.
 */
async function fromTheirSources(store: AccountStore, events: readonly Followed<Fact>[]): Promise<Followed<Fact>[]> {
  const ids = new Set(events.map(({ sourceId }) => sourceId).filter((id) => id !== null))
  // Of whichever workspace the source is: a route may have made the event another's, and only the road in names a source.
  const kinds = await store.sourceKinds([...ids])
  return events.filter(({ type, sourceId }) => {
    const kind = sourceId === null ? undefined : kinds.get(sourceId)
    return (
      kind !== undefined && (type.startsWith('stripe.') ? ['stripe'] : ['clerk', 'standard-webhooks']).includes(kind)
    )
  })
}

type Fact = StripeFact | ClerkFact

function factOf({ type, data, receivedAt }: Event, tiers: Tiers): Fact {
  if (data === null) return { kind: 'unreadable', reason: 'it has no JSON' }
  const value: unknown = JSON.parse(data)
  if (Object.hasOwn(stripeTypes, type)) return readStripe(type as keyof typeof stripeTypes, value, tiers)
  return readClerk(type as keyof typeof clerkTypes, value, data, receivedAt)
}

interface Books {
  subscriptions: Book<Subscription>
  payments: Book<Payment>
  users: Book<User>
}

/** What has been written, for whoever wants to know. */
function changesIn(books: Books, made: readonly { news: NewEvent }[]): Change[] {
  const rows = [
    ...books.subscriptions.changes().map((change) => ({ kind: 'subscription', ...change }) as const),
    ...books.payments.changes().map((change) => ({ kind: 'payment', ...change }) as const),
    ...books.users.changes().map((change) => ({ kind: 'user', ...change }) as const),
  ]
  const events = made.map(({ news: { type, subject, data } }) => {
    return { kind: 'event', type, subject, data: data === null ? null : String(data) } as const
  })
  return [...rows, ...events]
}

/** Everything that the facts are about, as it stands. */
async function openBooks(store: AccountStore, facts: readonly { event: Event; fact: Fact }[]): Promise<Books> {
  const subscriptions: Subscription[] = []
  const payments: Payment[] = []
  const users: User[] = []
  for (const [workspaceId, own] of byWorkspace(facts.map(({ event, fact }) => ({ ...event, fact })))) {
    const ids = { subscription: new Set<string>(), payment: new Set<string>(), user: new Set<string>() }
    for (const { fact } of own) {
      if (fact.kind === 'unreadable') continue
      ids[fact.kind].add(fact.report.id)
      if (fact.kind === 'payment' && fact.report.subscriptionId !== null)
        ids.subscription.add(fact.report.subscriptionId)
    }
    const [known, paid, met] = await together([
      store.subscriptions(workspaceId, [...ids.subscription]),
      store.payments(workspaceId, [...ids.payment]),
      store.users(workspaceId, [...ids.user]),
    ])
    subscriptions.push(...known)
    payments.push(...paid)
    users.push(...met)
  }
  return { subscriptions: openBook(subscriptions), payments: openBook(payments), users: openBook(users) }
}

/** Enters one fact; answers what there is to tell of it. */
function enter(books: Books, fact: Fact, event: Event, now: number): NewEvent[] {
  switch (fact.kind) {
    case 'subscription':
      return enterSubscription(books, fact.report, event, now)
    case 'payment':
      return [
        ...enterPayment(books, fact.report, event, now),
        ...(fact.speaks ? enterBilling(books, fact.report, event, now) : []),
      ]
    case 'user':
      return enterUser(books, fact.report, fact.word, event, now)
    case 'unreadable':
      return []
  }
}

function enterSubscription(
  { subscriptions }: Books,
  report: SubscriptionReport,
  event: Event,
  now: number,
): NewEvent[] {
  const before = subscriptions.find(event, report.id)
  const after = tell(before, report, placeOf(event, now))
  if (!after) return []
  subscriptions.keep(after)
  if (!subscriptionDiffers(before, after)) return []
  // An invoice may have told of it before, as an update: that was not its beginning.
  const word = report.word === 'deleted' ? 'cancelled' : firstWord(before?.told ?? undefined, report.word)
  return [subscriptionNews(word, after, event)]
}

function enterPayment({ payments }: Books, report: PaymentReport, event: Event, now: number): NewEvent[] {
  const before = payments.find(event, report.id)
  const after = settle(before, report, placeOf(event, now))
  if (!after) return []
  payments.keep(after)
  return isPaymentNews(before, after) ? [paymentNews(after, event)] : []
}

/** What an invoice means for its subscription. */
function enterBilling({ subscriptions }: Books, report: PaymentReport, event: Event, now: number): NewEvent[] {
  const { subscriptionId: id, stripeCustomerId, userId, at, eventId, status } = report
  if (id === null) return []
  const before = subscriptions.find(event, id)
  const isPaid = status === 'SUCCEEDED'
  const after = bill(before, { id, stripeCustomerId, userId, at, eventId, isPaid }, placeOf(event, now))
  if (!after) return []
  subscriptions.keep(after)
  return subscriptionDiffers(before, after) ? [subscriptionNews('updated', after, event)] : []
}

function enterUser(
  { users }: Books,
  report: UserReport,
  word: 'created' | 'updated' | 'deleted',
  event: Event,
  now: number,
): NewEvent[] {
  const before = users.find(event, report.id)
  const after = meet(before, report, placeOf(event, now))
  if (!after) return []
  users.keep(after)
  return userDiffers(before, after) ? [userNews(firstWord(before, word), after, before, event)] : []
}

/** The change may come before the beginning, which says nothing new then: whoever waits for the beginning hears of it now. */
const firstWord = <Word extends string>(before: unknown, word: Word): Word | 'created' =>
  before === undefined && word === 'updated' ? 'created' : word

const placeOf = ({ workspaceId, customer }: Event, now: number) => ({
  key: newId('account', now),
  workspaceId,
  customer,
})

function byWorkspace<Each extends { workspaceId: string }>(all: readonly Each[]): Map<string, Each[]> {
  const groups = new Map<string, Each[]>()
  for (const each of all) {
    const group = groups.get(each.workspaceId)
    if (group) group.push(each)
    else groups.set(each.workspaceId, [each])
  }
  return groups
}
