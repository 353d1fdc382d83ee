import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type Payment, type PaymentReport, settle } from './payment.ts'
import {
  type BillingReport,
  bill,
  type Subscription,
  type SubscriptionReport,
  subscriptionStatuses,
  tell,
} from './subscription.ts'
import { meet, type User, type UserReport } from './user.ts'

// Providers send events in any order and more than once. Whatever comes when, the end must be the same.

const place = { key: 'acc_1', workspaceId: 'ws_1', customer: null }
/** Few seconds, so that many events share one. */
const at = fc.integer({ min: 1, max: 4 }).map((second) => second * 1000)
const word = fc.constantFrom('a', 'b', null)

const reported: fc.Arbitrary<Omit<SubscriptionReport, 'eventId'>> = fc.record({
  id: fc.constant('sub_1'),
  at,
  word: fc.constantFrom('created', 'updated', 'updated', 'updated', 'deleted'),
  status: fc.constantFrom(...subscriptionStatuses),
  stripeCustomerId: word,
  userId: word,
  tier: word,
  priceId: word,
  currentPeriodStart: fc.constant(null),
  currentPeriodEnd: fc.option(at),
  cancelAtPeriodEnd: fc.boolean(),
})

const billing: fc.Arbitrary<Omit<BillingReport, 'eventId'>> = fc.record({
  id: fc.constant('sub_1'),
  at,
  isPaid: fc.boolean(),
  stripeCustomerId: word,
  userId: word,
})

type OfSubscription = { told: SubscriptionReport } | { billed: BillingReport }
const ofSubscription: fc.Arbitrary<OfSubscription[]> = fc
  .array(fc.oneof(reported, billing), { maxLength: 8 })
  .map((all) =>
    all.map((each, i) => {
      const eventId = `evt_${i}`
      return 'word' in each ? { told: { ...each, eventId } } : { billed: { ...each, eventId } }
    }),
  )

const payments: fc.Arbitrary<PaymentReport[]> = fc
  .array(fc.record({ at, status: fc.constantFrom('SUCCEEDED' as const, 'FAILED' as const), amount: fc.nat(9) }), {
    maxLength: 8,
  })
  .map((all) =>
    all.map((each, i) => ({
      id: 'in_1',
      subscriptionId: 'sub_1',
      stripeCustomerId: null,
      userId: null,
      paymentId: null,
      currency: 'eur',
      method: null,
      failureReason: null,
      eventId: `evt_${i}`,
      ...each,
    })),
  )

const users: fc.Arbitrary<UserReport[]> = fc
  .array(fc.record({ at, toldAt: at, isDeleted: fc.boolean(), email: word }), { maxLength: 8 })
  .map((all) =>
    all.map(({ at: updatedAt, toldAt, isDeleted, email }, i) => ({
      id: 'user_1',
      email: isDeleted ? null : email,
      name: null,
      imageUrl: null,
      createdAt: null,
      updatedAt: isDeleted ? toldAt : updatedAt,
      deletedAt: isDeleted ? toldAt : null,
      toldAt,
      mark: `mark ${i}`,
    })),
  )

/** The events as they happened, and as they came: each at least once, in any order. */
function arrivals<Each>(events: fc.Arbitrary<Each[]>): fc.Arbitrary<{ events: Each[]; came: Each[] }> {
  return events.chain((all) =>
    fc
      .tuple(
        fc.array(fc.integer({ min: 0, max: Math.max(0, all.length - 1) }), { maxLength: 6 }),
        fc.infiniteStream(fc.nat(1000)),
      )
      .map(([again, numbers]) => {
        const copies = [...all, ...again.flatMap((i) => all[i] ?? [])]
        const drawn = copies.map((each) => ({ each, place: numbers.next().value ?? 0 }))
        return { events: all, came: drawn.sort((a, b) => a.place - b.place).map(({ each }) => each) }
      }),
  )
}

/** The end state: an event that changes nothing leaves what was. */
function fold<State, Each>(
  events: readonly Each[],
  step: (before: State | undefined, each: Each) => State | undefined,
) {
  return events.reduce<State | undefined>((state, each) => step(state, each) ?? state, undefined)
}

const stepSubscription = (before: Subscription | undefined, each: OfSubscription) =>
  'told' in each ? tell(before, each.told, place) : bill(before, each.billed, place)

/** By time, a deletion last, within a second the creation first: what the rules say the right order is. */
function timeOf(each: OfSubscription): [number, number, string] {
  if ('billed' in each) return [each.billed.at, each.billed.isPaid ? 1 : 0, each.billed.eventId]
  const rank = ['created', 'updated', 'deleted'].indexOf(each.told.word)
  return [each.told.word === 'deleted' ? Number.MAX_SAFE_INTEGER : each.told.at, rank, each.told.eventId]
}

function inOrder(events: readonly OfSubscription[]): OfSubscription[] {
  return [...events].sort((a, b) => {
    const [one, other] = [timeOf(a), timeOf(b)]
    return one[0] - other[0] || one[1] - other[1] || (one[2] < other[2] ? -1 : 1)
  })
}

describe('in any order and any number of times, the same events end in the same state', () => {
  it('of a subscription: that of the right order', () => {
    fc.assert(
      fc.property(arrivals(ofSubscription), ({ events, came }) => {
        expect(fold(came, stepSubscription)).toEqual(fold(inOrder(events), stepSubscription))
      }),
      { numRuns: 1000 },
    )
  })

  it('of a payment', () => {
    const step = (before: Payment | undefined, each: PaymentReport) => settle(before, each, place)
    fc.assert(
      fc.property(arrivals(payments), ({ events, came }) => {
        const end = fold(came, step)
        expect(end).toEqual(fold(events, step))
        expect(end?.status === 'SUCCEEDED').toBe(events.some(({ status }) => status === 'SUCCEEDED'))
      }),
      { numRuns: 500 },
    )
  })

  it('of a user', () => {
    const step = (before: User | undefined, each: UserReport) => meet(before, each, place)
    fc.assert(
      fc.property(arrivals(users), ({ events, came }) => {
        const end = fold(came, step)
        expect(end).toEqual(fold(events, step))
        if (events.some(({ deletedAt }) => deletedAt !== null)) expect(end).toMatchObject({ email: null })
      }),
      { numRuns: 500 },
    )
  })

  it('and what has been applied is not applied again', () => {
    fc.assert(
      fc.property(ofSubscription, (events) => {
        const end = fold(events, stepSubscription)
        for (const each of events) expect(stepSubscription(end, each)).toBeUndefined()
      }),
    )
  })
})

describe('a subscription', () => {
  const terms = {
    stripeCustomerId: 'cus_1',
    userId: 'u1',
    tier: 'PRO',
    priceId: 'price_pro',
    currentPeriodStart: null,
    currentPeriodEnd: null,
    cancelAtPeriodEnd: false,
  }
  const told = (status: Subscription['status'], more: Partial<SubscriptionReport> = {}): SubscriptionReport => ({
    id: 'sub_1',
    at: 2000,
    eventId: 'evt_b',
    word: 'updated',
    status,
    ...terms,
    ...more,
  })
  const billed = (isPaid: boolean, second: number): BillingReport => ({
    id: 'sub_1',
    at: second * 1000,
    eventId: 'evt_i',
    isPaid,
    stripeCustomerId: 'cus_2',
    userId: 'u2',
  })
  const after = (report: SubscriptionReport, bill_: BillingReport) =>
    bill(tell(undefined, report, place), bill_, place)?.status

  it.each([
    ['PAST_DUE', true, 'ACTIVE'],
    ['INCOMPLETE', true, 'ACTIVE'],
    ['TRIALING', true, 'TRIALING'],
    ['CANCELED', true, 'CANCELED'],
    ['ACTIVE', false, 'PAST_DUE'],
    ['TRIALING', false, 'PAST_DUE'],
    ['INCOMPLETE', false, 'INCOMPLETE'],
    ['CANCELED', false, 'CANCELED'],
  ] as const)('that is %s, with a later invoice that was paid: %s, is %s', (status, isPaid, expected) => {
    expect(after(told(status), billed(isPaid, 3))).toBe(expected)
    expect(after(told(status), billed(isPaid, 2)), 'in the same second its own word counts').toBe(status)
    expect(after(told(status), billed(isPaid, 1)), 'an earlier invoice says nothing new').toBe(status)
  })

  it('that was made in the same second as its invoice follows the invoice', () => {
    expect(after(told('INCOMPLETE', { word: 'created' }), billed(true, 2))).toBe('ACTIVE')
  })

  it('that is seen first by its invoice has what that tells, until its own event comes, however late', () => {
    const first = bill(undefined, billed(true, 3), place)
    expect(first).toMatchObject({ status: 'ACTIVE', userId: 'u2', stripeCustomerId: 'cus_2', tier: null, told: null })
    expect(tell(first, told('INCOMPLETE', { at: 1000, word: 'created' }), place)).toMatchObject({
      status: 'ACTIVE',
      tier: 'PRO',
      userId: 'u1',
    })
  })

  it('keeps the newest word: of one second the deletion, then the higher id', () => {
    const now = tell(undefined, told('ACTIVE'), place)
    expect(tell(now, told('PAST_DUE', { at: 1000, eventId: 'evt_z' }), place)).toBeUndefined()
    expect(tell(now, told('PAST_DUE', { eventId: 'evt_a' }), place)).toBeUndefined()
    expect(tell(now, told('PAST_DUE', { eventId: 'evt_c' }), place)?.status).toBe('PAST_DUE')
    expect(tell(now, told('CANCELED', { eventId: 'evt_a', word: 'deleted' }), place)?.status).toBe('CANCELED')
  })

  it('that was deleted is not brought back', () => {
    const gone = tell(undefined, told('CANCELED', { word: 'deleted', tier: 'FREE' }), place)
    expect(tell(gone, told('ACTIVE', { at: 9000 }), place)).toBeUndefined()
    expect(bill(gone, billed(true, 9), place)).toMatchObject({ status: 'CANCELED', tier: 'FREE' })
  })
})
