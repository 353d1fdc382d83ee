import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import {
  follow,
  invoiceObject,
  requestWith,
  stripeEvent,
  subscriptionObject,
  t0,
} from '../../accounts/exercise-events.ts'
import { type Caller, openTestApi, type TestApi } from '../exercise-api.ts'
import { addAccounts } from '../exercise-calls.ts'

let api: TestApi
let caller: Caller
beforeEach(async () => {
  api = await openTestApi()
  caller = api.caller()
})
afterEach(() => api[Symbol.asyncDispose]())

/** Follows the events of a subscription that was made, and of its invoice, through a source of Stripe's. */
async function subscribe() {
  const secret = ['whsec', 'for_these_tests'].join('_')
  const { json: source } = await caller.post('/sources', { kind: 'stripe', name: 'Stripe', secret })
  const origin = { sourceId: source.id as string }
  const made = stripeEvent({ id: 'evt_1', type: '', object: subscriptionObject() })
  const failed = stripeEvent({
    id: 'evt_2',
    type: '',
    created: t0 / 1000 + 60,
    object: invoiceObject({ amount_paid: 0 }),
  })
  await follow(
    api.storage,
    requestWith('stripe.customer.subscription.created', made, origin),
    requestWith('stripe.invoice.payment_failed', failed, origin),
  )
}

describe('what is kept of accounts', () => {
  it('is shown as Stripe tells it, in our words', async () => {
    await subscribe()
    const subscription = {
      id: 'sub_1',
      customer: null,
      stripeCustomerId: 'cus_1',
      userId: 'u1',
      tier: 'PRO',
      priceId: 'price_pro',
      status: 'PAST_DUE',
      currentPeriodStart: '2027-01-15T08:00:00.000Z',
      currentPeriodEnd: '2027-02-14T08:00:00.000Z',
      cancelAtPeriodEnd: false,
      updatedAt: '2027-01-15T08:01:00.000Z',
    }
    expect((await caller.get('/accounts/subscriptions/sub_1')).json).toEqual(subscription)
    expect((await caller.get('/accounts/subscriptions?user=u1&status=PAST_DUE')).json.data).toEqual([subscription])
    expect((await caller.get('/accounts/payments/in_1')).json).toEqual({
      id: 'in_1',
      customer: null,
      stripeCustomerId: 'cus_1',
      userId: 'u1',
      subscriptionId: 'sub_1',
      paymentId: null,
      amount: 4900,
      currency: 'eur',
      method: null,
      status: 'FAILED',
      failureReason: null,
      updatedAt: '2027-01-15T08:01:00.000Z',
    })
    const events = (await caller.get('/events?type=subscription.*')).json.data
    expect(events.map(({ type }: { type: string }) => type)).toEqual(['subscription.updated', 'subscription.created'])
  })

  it('is listed newest first, page by page, by filters of its own', async () => {
    const ids: string[] = []
    for (let i = 0; i < 5; i++) {
      ids.unshift(addAccounts(api, caller, i < 2 ? 'one' : null).user)
      api.clock.advance(1)
    }
    const page = (await caller.get('/accounts/users?limit=3')).json
    const rest = (await caller.get(`/accounts/users?limit=3&cursor=${page.nextCursor}`)).json
    const idsOf = (list: { data: { id: string }[] }) => list.data.map(({ id }) => id)
    expect([...idsOf(page), ...idsOf(rest)]).toEqual(ids)
    expect(idsOf((await caller.get('/accounts/users?customer=one&status=active')).json)).toEqual(ids.slice(3))
    expect(idsOf((await caller.get('/accounts/users?status=deleted')).json)).toEqual([])
    expect(idsOf((await caller.get('/accounts/users?email=marta@orchard.example')).json)).toHaveLength(5)
    expect((await caller.get('/accounts/users?status=asleep')).json.code).toBe('INVALID_INPUT')
    expect((await caller.get(`/accounts/payments?cursor=${page.nextCursor}`)).json.code).toBe('INVALID_CURSOR')
    expect((await caller.get('/accounts/payments?stripeCustomer=cus_9')).json.data).toEqual([])
  })

  it('under one id of two customers is shown to who says whose', async () => {
    const { subscription: id } = addAccounts(api, caller, 'one')
    api.storage.sql(
      `INSERT INTO subscriptions (workspace_id, key, customer, id, status, cancel_at_period_end, billed_at, billed_event_id,
         billed_paid) VALUES (?, 'acc_2', 'two', ?, 'PAST_DUE', 0, 0, 'evt_1', 0) RETURNING key`,
      caller.workspaceId,
      id,
    )
    const of = (whose: string) => caller.get(`/accounts/subscriptions/${id}${whose}`)
    expect((await of('?customer=one')).json).toMatchObject({ customer: 'one', status: 'ACTIVE' })
    expect((await of('?customer=two')).json).toMatchObject({ customer: 'two', status: 'PAST_DUE' })
    expect(await of('?customer=three')).toMatchObject({ status: 404 })
    expect((await of('')).json).toMatchObject({ code: 'CONFLICT', detail: expect.stringContaining('?customer=') })
  })
})
