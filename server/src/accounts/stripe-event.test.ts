import { stripe } from '@trunkline/senders'
import { describe, expect, it } from 'vitest'
import { invoiceObject, sampleOf, stripeEvent, subscriptionObject, tiers } from './exercise-events.ts'
import { readStripe, stripeTypes } from './stripe-event.ts'

type Type = keyof typeof stripeTypes

function subscriptionOf(object: Record<string, unknown>, type: Type = 'stripe.customer.subscription.updated') {
  const fact = readStripe(type, stripeEvent({ id: 'evt_1', type, object }), tiers)
  if (fact.kind !== 'subscription') throw new Error(JSON.stringify(fact))
  return fact.report
}

function paymentOf(object: Record<string, unknown>, type: Type = 'stripe.invoice.paid') {
  const fact = readStripe(type, stripeEvent({ id: 'evt_1', type, object }), tiers)
  if (fact.kind !== 'payment') throw new Error(JSON.stringify(fact))
  return fact.report
}

describe('an event about a subscription', () => {
  it('tells who pays for what, and until when', () => {
    expect(subscriptionOf(subscriptionObject())).toEqual({
      id: 'sub_1',
      at: 1_800_000_000_000,
      eventId: 'evt_1',
      word: 'updated',
      status: 'ACTIVE',
      stripeCustomerId: 'cus_1',
      userId: 'u1',
      tier: 'PRO',
      priceId: 'price_pro',
      currentPeriodStart: 1_800_000_000_000,
      currentPeriodEnd: 1_802_592_000_000,
      cancelAtPeriodEnd: false,
    })
  })

  it.each([
    ['active', 'ACTIVE'],
    ['past_due', 'PAST_DUE'],
    ['unpaid', 'PAST_DUE'],
    ['canceled', 'CANCELED'],
    ['incomplete', 'INCOMPLETE'],
    ['incomplete_expired', 'INCOMPLETE'],
    ['trialing', 'TRIALING'],
    ['paused', 'INCOMPLETE'],
  ])('that is %s makes it %s', (status, ours) => {
    expect(subscriptionOf(subscriptionObject({ status })).status).toBe(ours)
  })

  it('that is its end makes it CANCELED and the user’s tier FREE, whatever it says beside', () => {
    const deleted = subscriptionOf(subscriptionObject({ status: 'active' }), 'stripe.customer.subscription.deleted')
    expect(deleted).toMatchObject({ status: 'CANCELED', tier: 'FREE', priceId: 'price_pro', word: 'deleted' })
  })

  it('says the same in both shapes of the API', () => {
    for (const type of Object.keys(stripeTypes) as Type[]) {
      const event = type.slice('stripe.'.length)
      const [since, before] = [event, `${event}@2024-06-20`].map((each) => {
        const fact = readStripe(type, sampleOf(each), tiers)
        if (fact.kind === 'unreadable') throw new Error(`${each}: ${fact.reason}`)
        return { ...fact.report, eventId: '', paymentId: '' }
      })
      expect(before).toEqual(since)
      expect(since?.userId).toBe('user_2Trunkline')
    }
    expect(stripe.events.length).toBeGreaterThan(2 * Object.keys(stripeTypes).length)
  })

  it('takes the item whose price stands for a tier, wherever it is, and else the first', () => {
    const items = (...ids: string[]) => ({ items: { data: ids.map((id) => ({ price: { id } })) } })
    expect(subscriptionOf(subscriptionObject(items('price_seats', 'price_team')))).toMatchObject({
      tier: 'TEAM',
      priceId: 'price_team',
    })
    expect(subscriptionOf(subscriptionObject(items('price_a', 'price_b')))).toMatchObject({
      tier: null,
      priceId: 'price_a',
    })
    expect(subscriptionOf(subscriptionObject(items('toString'))).tier).toBeNull()
    expect(subscriptionOf(subscriptionObject({ items: { data: [{ plan: { id: 'price_pro' } }] } })).tier).toBe('PRO')
  })

  it.each([
    ['no metadata', { metadata: undefined }],
    ['null', { metadata: null }],
    ['none of ours', { metadata: { other: 'x' } }],
    ['a number', { metadata: { userId: 7 } }],
    ['nothing', { metadata: { userId: '' } }],
  ])('with %s is of no known user', (_, more) => {
    expect(subscriptionOf(subscriptionObject(more))).toMatchObject({ userId: null, tier: 'PRO' })
  })

  it('may hold the whole customer in place of its id, and anything where we do not look', () => {
    const odd = { customer: { id: 'cus_9', object: 'customer' }, items: 'none', cancel_at_period_end: 'yes', x: [[]] }
    expect(subscriptionOf(subscriptionObject(odd))).toMatchObject({
      stripeCustomerId: 'cus_9',
      priceId: null,
      currentPeriodEnd: null,
      cancelAtPeriodEnd: false,
    })
  })

  it('keeps of a user’s id what every database can hold', () => {
    const { userId } = subscriptionOf(subscriptionObject({ metadata: { userId: `a\0b\ud83d${'x'.repeat(1000)}` } }))
    expect(userId).toMatch(/^a\ufffdb\ufffdx+$/)
    expect(userId?.length).toBe(500)
  })
})

describe('an event about an invoice', () => {
  it('tells what was paid', () => {
    expect(paymentOf(invoiceObject())).toEqual({
      id: 'in_1',
      subscriptionId: 'sub_1',
      stripeCustomerId: 'cus_1',
      userId: 'u1',
      paymentId: null,
      amount: 4900,
      currency: 'eur',
      method: null,
      status: 'SUCCEEDED',
      failureReason: null,
      at: 1_800_000_000_000,
      eventId: 'evt_1',
    })
  })

  it('tells what was not, with the reason where Stripe was asked to put it in', () => {
    const failed = { amount_paid: 0, payment_intent: { id: 'pi_1', last_payment_error: { message: 'declined' } } }
    expect(paymentOf(invoiceObject(failed), 'stripe.invoice.payment_failed')).toMatchObject({
      status: 'FAILED',
      amount: 4900,
      paymentId: 'pi_1',
      failureReason: 'declined',
    })
    const charge = { id: 'ch_1', failure_message: 'no funds', payment_method_details: { type: 'card' } }
    expect(paymentOf(invoiceObject({ charge }), 'stripe.invoice.payment_failed')).toMatchObject({
      paymentId: 'ch_1',
      method: 'card',
      failureReason: 'no funds',
    })
    expect(paymentOf(invoiceObject(), 'stripe.invoice.payment_failed').failureReason).toBeNull()
  })

  it('may tell only one of the two amounts', () => {
    expect(paymentOf(invoiceObject({ amount_due: undefined })).amount).toBe(4900)
    expect(paymentOf(invoiceObject({ amount_paid: undefined, amount_due: 7 })).amount).toBe(7)
    expect(paymentOf(invoiceObject({ amount_due: null, amount_paid: 0 }), 'stripe.invoice.payment_failed').amount).toBe(
      0,
    )
  })

  it('may be for no subscription', () => {
    expect(paymentOf(invoiceObject({ parent: null }))).toMatchObject({ subscriptionId: null, userId: null })
  })

  it('names the payment where the version has it', () => {
    const payments = { data: [{ payment: { type: 'payment_intent', payment_intent: 'pi_2' } }] }
    expect(paymentOf(invoiceObject({ payments })).paymentId).toBe('pi_2')
    expect(paymentOf(invoiceObject({ charge: 'ch_2' })).paymentId).toBe('ch_2')
  })
})

describe('an event that cannot be read', () => {
  const subscription = (more: Record<string, unknown>) =>
    stripeEvent({ id: 'evt_1', type: 'customer.subscription.updated', object: subscriptionObject(more) })
  const invoice = (more: Record<string, unknown>) =>
    stripeEvent({ id: 'evt_1', type: 'invoice.paid', object: invoiceObject(more) })

  it.each<[string, Type, unknown]>([
    ['no object', 'stripe.invoice.paid', {}],
    ['a number', 'stripe.invoice.paid', 7],
    ['null', 'stripe.customer.subscription.updated', null],
    ['an unknown status', 'stripe.customer.subscription.updated', subscription({ status: 'dormant' })],
    ['no status', 'stripe.customer.subscription.created', subscription({ status: undefined })],
    ['an id with a space', 'stripe.customer.subscription.updated', subscription({ id: 'a b' })],
    ['an endless id', 'stripe.customer.subscription.updated', subscription({ id: 'x'.repeat(256) })],
    ['half a cent', 'stripe.invoice.paid', invoice({ amount_due: 0.5, amount_paid: 0.5 })],
    ['no amount', 'stripe.invoice.paid', invoice({ amount_due: undefined, amount_paid: null })],
    ['a long currency', 'stripe.invoice.paid', invoice({ currency: 'euros' })],
  ])('(%s) says what is wrong without telling what it holds', (_, type, value) => {
    const fact = readStripe(type, value, tiers)
    if (fact.kind !== 'unreadable') throw new Error(fact.kind)
    expect(fact.reason).toMatch(/^[a-z_. ]+: ./)
    expect(fact.reason).not.toMatch(/dormant|euros|a b|x{9}/)
  })

  it('is one whose time cannot be written', () => {
    for (const created of [-1, 0.5, 1e15, '1800000000', null]) {
      const value = { ...stripeEvent({ id: 'evt_1', type: '', object: subscriptionObject() }), created }
      expect(readStripe('stripe.customer.subscription.updated', value, tiers)).toMatchObject({ kind: 'unreadable' })
    }
    const late = subscriptionObject({ items: null, current_period_end: 1e300 })
    expect(subscriptionOf(late).currentPeriodEnd).toBeNull()
  })
})
