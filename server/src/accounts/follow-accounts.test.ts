import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { defaultWorkspaceId, timeOfId } from '../base/id.ts'
import { openTestStorage, type TestStorage } from '../exercise-storage.ts'
import {
  clerkEvent,
  follow,
  invoiceObject,
  type Origin,
  requestWith,
  type StripeShape,
  stripeEvent,
  subscriptionObject,
  t0,
  userObject,
} from './exercise-events.ts'

const seconds = t0 / 1000
let storage: TestStorage
beforeEach(() => {
  storage = openTestStorage()
  addSource('src_stripe', 'stripe')
  addSource('src_clerk', 'clerk')
  addSource('src_svix', 'standard-webhooks')
})
afterEach(() => storage.close())

function addSource(id: string, kind: string, workspaceId = defaultWorkspaceId) {
  storage.sql(
    `INSERT INTO sources (id, workspace_id, kind, name, key, sealed_secrets, config, is_enabled, created_at, updated_at)
     VALUES (?, ?, ?, '', ?, '', '{}', 1, 0, 0) RETURNING id`,
    id,
    workspaceId,
    kind,
    `key of ${id}`,
  )
}

/** Sends events of Stripe's and lets them be handled; answers the events that come of it. */
async function stripe(shapes: readonly StripeShape[], origin: Origin = {}) {
  const before = news().length
  await follow(storage, ...shapes.map((each) => requestWith(`stripe.${each.type}`, stripeEvent(each), origin)))
  return news().slice(before)
}

async function clerk(values: readonly ReturnType<typeof clerkEvent>[], origin: Origin = { sourceId: 'src_clerk' }) {
  const before = news().length
  await follow(storage, ...values.map((each) => requestWith(`clerk.${each.type}`, each, origin)))
  return news().slice(before)
}

const news = () =>
  storage
    .sql("SELECT * FROM events WHERE type NOT LIKE 'stripe.%' AND type NOT LIKE 'clerk.%' ORDER BY seq")
    .map((row) => ({ type: row.type, data: JSON.parse(String(row.data)), row }))
const rows = (table: string) => storage.sql(`SELECT * FROM ${table} ORDER BY ${table === 'parked' ? 'seq' : 'key'}`)
const created = (more: Record<string, unknown> = {}, id = 'evt_1', at = seconds): StripeShape => ({
  id,
  type: 'customer.subscription.created',
  created: at,
  object: subscriptionObject(more),
})
const updated = (more: Record<string, unknown> = {}, id = 'evt_2', at = seconds + 10): StripeShape => ({
  ...created(more, id, at),
  type: 'customer.subscription.updated',
})
const invoice = (type: string, more: Record<string, unknown> = {}, id = `evt_${type}`, at = seconds + 20) => ({
  id,
  type: `invoice.${type}`,
  created: at,
  object: invoiceObject(more),
})

describe('the life of a subscription', () => {
  it('is kept, and told in the product’s words', async () => {
    const began = await stripe([created()])
    expect(began).toMatchObject([
      {
        type: 'subscription.created',
        data: {
          id: 'sub_1',
          userId: 'u1',
          tier: 'PRO',
          status: 'ACTIVE',
          currentPeriodEnd: '2027-02-14T08:00:00.000Z',
          cancelAtPeriodEnd: false,
        },
      },
    ])
    expect(await stripe([updated({ cancel_at_period_end: true })])).toMatchObject([
      { type: 'subscription.updated', data: { id: 'sub_1', cancelAtPeriodEnd: true } },
    ])
    const gone = { ...updated({ status: 'canceled' }, 'evt_3', seconds + 30), type: 'customer.subscription.deleted' }
    expect(await stripe([gone])).toMatchObject([
      { type: 'subscription.cancelled', data: { id: 'sub_1', status: 'CANCELED', tier: 'FREE' } },
    ])
    expect(rows('subscriptions')).toMatchObject([{ id: 'sub_1', status: 'CANCELED', tier: 'FREE', user_id: 'u1' }])
  })

  it('is told by events of its own: no source, no request, and an id that follows from Stripe’s event', async () => {
    const [began] = await stripe([created()])
    expect(began?.row).toMatchObject({
      workspace_id: defaultWorkspaceId,
      source_id: null,
      request_id: null,
      subject: 'sub_1',
      order_key: 'sub_1',
      received_at: t0,
    })
    expect(timeOfId('event', String(began?.row.id))).toBe(t0)
  })

  it('says nothing of an update that changes nothing here', async () => {
    await stripe([created()])
    expect(await stripe([updated({ default_payment_method: 'pm_1' })])).toEqual([])
    expect(rows('subscriptions')).toMatchObject([{ told_at: t0 + 10_000, told_event_id: 'evt_2' }])
  })

  it('is not changed by an update that comes late, nor by the same one again', async () => {
    await stripe([created(), updated({ status: 'past_due' }, 'evt_3', seconds + 30)])
    const before = rows('subscriptions')
    expect(
      await stripe([updated({ status: 'active' }), updated({ status: 'past_due' }, 'evt_3', seconds + 30)]),
    ).toEqual([])
    expect(rows('subscriptions')).toEqual(before)
  })

  it('is told once when the log is read again', async () => {
    await stripe([created(), updated({ status: 'past_due' }), invoice('payment_failed'), invoice('paid')])
    const [before, told] = [rows('subscriptions'), news()]
    storage.sql("UPDATE followers SET cursor = 0 WHERE name = 'accounts' RETURNING name")
    expect(await stripe([])).toEqual([])
    expect([rows('subscriptions'), news()]).toEqual([before, told])
  })

  it('in a price that stands for no tier has none', async () => {
    const [began] = await stripe([created({ items: { data: [{ price: { id: 'price_x' } }] } })])
    expect(began?.data).toMatchObject({ tier: null, currentPeriodEnd: null })
  })
})

describe('an invoice', () => {
  it('that fails makes its subscription PAST_DUE, and ACTIVE when it is paid; both are told', async () => {
    await stripe([created()])
    const failed = await stripe([invoice('payment_failed', { amount_paid: 0 })])
    expect(failed).toMatchObject([
      {
        type: 'payment.failed',
        data: { id: 'in_1', invoiceId: 'in_1', subscriptionId: 'sub_1', amount: 4900, currency: 'eur' },
      },
      { type: 'subscription.updated', data: { status: 'PAST_DUE', tier: 'PRO' } },
    ])
    expect(failed[0]?.data).toHaveProperty('failureReason', null)
    const paid = await stripe([invoice('paid', {}, 'evt_4', seconds + 40)])
    expect(paid.map(({ type, data }) => [type, data.status])).toEqual([
      ['payment.succeeded', undefined],
      ['subscription.updated', 'ACTIVE'],
    ])
    expect(paid[0]?.data).toEqual({
      id: 'in_1',
      userId: 'u1',
      subscriptionId: 'sub_1',
      amount: 4900,
      currency: 'eur',
      method: null,
      invoiceId: 'in_1',
    })
    expect(rows('payments')).toMatchObject([{ id: 'in_1', status: 'SUCCEEDED', amount: 4900 }])
  })

  it('that is told to be paid in two events is one payment', async () => {
    const told = await stripe([invoice('payment_succeeded', {}, 'evt_a'), invoice('paid', {}, 'evt_b')])
    expect(told.map(({ type }) => type)).toEqual(['payment.succeeded', 'subscription.updated'])
    expect(rows('payments')).toHaveLength(1)
  })

  it('that fails again is told again; one that was paid does not fail any more', async () => {
    const at = (second: number) => invoice('payment_failed', {}, `evt_f${second}`, seconds + second)
    expect((await stripe([at(20), at(30)])).map(({ type }) => type)).toEqual([
      'payment.failed',
      'subscription.updated',
      'payment.failed',
    ])
    await stripe([invoice('paid', {}, 'evt_p', seconds + 40)])
    expect(await stripe([at(35)])).toEqual([])
    expect(rows('payments')).toMatchObject([{ status: 'SUCCEEDED' }])
  })

  it('shows a subscription that nothing else has told of yet', async () => {
    await stripe([invoice('paid')])
    expect(rows('subscriptions')).toMatchObject([{ id: 'sub_1', status: 'ACTIVE', user_id: 'u1', tier: null }])
    const [began] = await stripe([created({ status: 'incomplete' })])
    expect(began).toMatchObject({ type: 'subscription.created', data: { tier: 'PRO', status: 'ACTIVE' } })
  })

  it('tells the beginning of a subscription once, also where an invoice and a change come before it', async () => {
    const told = await stripe([invoice('paid'), updated({ status: 'active' }), created({ status: 'incomplete' })])
    const words = told.map(({ type }) => String(type)).filter((type) => type.startsWith('subscription.'))
    expect(words).toEqual(['subscription.updated', 'subscription.created'])
  })

  it('that fails for a change in between leaves the subscription as it is', async () => {
    await stripe([created({ status: 'active' })])
    await stripe([invoice('payment_failed', { billing_reason: 'subscription_update' })])
    expect(rows('subscriptions')).toMatchObject([{ status: 'ACTIVE' }])
    expect(rows('payments')).toMatchObject([{ status: 'FAILED' }])
    await stripe([invoice('payment_failed', { id: 'in_2', billing_reason: 'subscription_cycle' })])
    expect(rows('subscriptions')).toMatchObject([{ status: 'PAST_DUE' }])
  })

  it('that is for no subscription is a payment and no more', async () => {
    expect((await stripe([invoice('paid', { parent: null })])).map(({ type }) => type)).toEqual(['payment.succeeded'])
    expect(rows('subscriptions')).toEqual([])
  })
})

describe('a user', () => {
  it('is kept, and told', async () => {
    const [met] = await clerk([clerkEvent('user.created', userObject())])
    expect(met).toMatchObject({
      type: 'user.created',
      data: {
        id: 'user_1',
        email: 'marta@orchard.example',
        name: 'Marta König',
        createdAt: '2027-01-15T08:00:00.000Z',
      },
    })
    const renamed = clerkEvent('user.updated', userObject({ first_name: 'M.', updated_at: t0 + 1 }), t0 + 1)
    expect(await clerk([renamed])).toMatchObject([
      { type: 'user.updated', data: { name: 'M. König', updatedAt: '2027-01-15T08:00:00.001Z' } },
    ])
    expect(await clerk([clerkEvent('user.updated', userObject({ first_name: 'Late' }))])).toEqual([])
    expect(rows('users')).toMatchObject([{ name: 'M. König', deleted_at: null }])
  })

  it('that was deleted is told with what was known, kept as an id alone, and not brought back by a late update', async () => {
    await clerk([clerkEvent('user.created', userObject())])
    const gone = await clerk([clerkEvent('user.deleted', { deleted: true }, t0 + 5)])
    expect(gone).toMatchObject([
      {
        type: 'user.deleted',
        data: { email: 'marta@orchard.example', name: 'Marta König', deletedAt: '2027-01-15T08:00:00.005Z' },
      },
    ])
    expect(await clerk([clerkEvent('user.updated', userObject({ updated_at: t0 + 9 }), t0 + 9)])).toEqual([])
    expect(rows('users')).toMatchObject([
      { id: 'user_1', email: null, name: null, image_url: null, deleted_at: t0 + 5 },
    ])
  })

  it('may come through a source of Standard Webhooks that says clerk', async () => {
    expect(await clerk([clerkEvent('user.created', userObject())], { sourceId: 'src_svix' })).toHaveLength(1)
  })
})

describe('the provider’s events', () => {
  const whole = (shape: StripeShape) => requestWith(`stripe.${shape.type}`, stripeEvent(shape))
  const user = (type: string, data: Record<string, unknown>, at: number) =>
    requestWith(`clerk.${type}`, clerkEvent(type, data, at), { sourceId: 'src_clerk' })
  const sent = [
    whole(created({ status: 'incomplete' })),
    whole(invoice('paid', {}, 'evt_i1', seconds)),
    whole(updated({ cancel_at_period_end: true }, 'evt_u1', seconds + 10)),
    whole(invoice('payment_failed', { id: 'in_2' }, 'evt_i2', seconds + 20)),
    whole(invoice('payment_succeeded', { id: 'in_2' }, 'evt_i3', seconds + 30)),
    whole(updated({ id: 'sub_2', items: { data: [{ price: { id: 'price_team' } }] } }, 'evt_u2', seconds + 5)),
    whole({ ...updated({ id: 'sub_2' }, 'evt_d', seconds + 6), type: 'customer.subscription.deleted' }),
    user('user.created', userObject(), t0),
    user('user.updated', userObject({ first_name: 'M.', updated_at: t0 + 1 }), t0 + 1),
    user('user.created', userObject({ id: 'user_2' }), t0),
    user('user.deleted', { id: 'user_2', deleted: true }, t0 + 2),
  ]
  const state = (customer: string) =>
    ['subscriptions', 'payments', 'users'].map((table) =>
      storage
        .sql(`SELECT * FROM ${table} WHERE customer = ? ORDER BY id`, customer)
        .map(({ key, customer, ...row }) => row),
    )
  /** The same events once more, for a customer of their own. */
  const again = (requests: typeof sent, customer: string) =>
    requests.map((request) => {
      const [event] = request.events
      const origin = { customer, sourceId: event?.sourceId ?? null }
      return requestWith(event?.type ?? '', String(event?.data), origin)
    })

  it('end in the same state in any order, any number of times, in batches of any size', async () => {
    await follow(storage, ...again(sent, 'in order'))
    const right = state('in order')
    expect(right[0]).toMatchObject([
      { id: 'sub_1', status: 'ACTIVE', tier: 'PRO', cancel_at_period_end: 1 },
      { id: 'sub_2', status: 'CANCELED', tier: 'FREE' },
    ])
    let run = 0
    const shuffled = fc.shuffledSubarray([...sent, ...sent], { minLength: sent.length })
    await fc.assert(
      fc.asyncProperty(shuffled, fc.integer({ min: 1, max: 9 }), async (some, size) => {
        const customer = `run ${run++}`
        const came = again([...some, ...sent.filter((each) => !some.includes(each))], customer)
        for (let i = 0; i < came.length; i += size) await follow(storage, ...came.slice(i, i + size))
        expect(state(customer)).toEqual(right)
      }),
      { numRuns: 12 },
    )
    expect(rows('parked')).toEqual([])
  })
})

describe('what has not come through the provider’s own source', () => {
  it.each([
    ['published through the API', { sourceId: null }],
    ['of a source of another kind', { sourceId: 'src_svix' }],
    ['of a source that is gone', { sourceId: 'src_gone' }],
  ])('(%s) says nothing', async (_, origin) => {
    expect(await stripe([created()], origin)).toEqual([])
    expect(rows('subscriptions')).toEqual([])
    if (origin.sourceId !== 'src_svix')
      expect(await clerk([clerkEvent('user.created', userObject())], origin)).toEqual([])
  })

  it('of another workspace counts: a route has made its event this one’s', async () => {
    addSource('src_theirs', 'stripe', addWorkspace())
    expect(await stripe([created()], { sourceId: 'src_theirs' })).toHaveLength(1)
    expect(rows('subscriptions')).toHaveLength(1)
  })

  it('and what comes through one customer’s source does not touch another’s rows', async () => {
    await stripe([created()], { customer: 'one' })
    await stripe([updated({ status: 'past_due' }, 'evt_9', seconds + 90)], { customer: 'two' })
    await stripe([updated({ status: 'trialing' }, 'evt_8', seconds + 80)])
    const seen = rows('subscriptions').map(({ customer, status }) => `${customer}: ${status}`)
    expect(seen.sort()).toEqual(['null: TRIALING', 'one: ACTIVE', 'two: PAST_DUE'])
    expect(news().map(({ row }) => row.customer)).toEqual(['one', 'two', null])
  })
})

describe('an event that cannot be read', () => {
  it('is passed over with its reason, and the others go on', async () => {
    const bad = requestWith('stripe.customer.subscription.updated', { id: 'evt_x', created: seconds, data: {} })
    const none = requestWith('clerk.user.created', 'null', { sourceId: 'src_clerk' })
    const good = requestWith('stripe.customer.subscription.created', stripeEvent(created()))
    const advanced = await follow(storage, bad, none, good)
    expect(advanced).toMatchObject({ read: 3, parked: 0, made: 1, requests: [good.id] })
    expect(advanced.passedOver).toEqual([
      { eventId: bad.events[0]?.id, reason: expect.stringMatching(/^data\.object: /) },
      { eventId: none.events[0]?.id, reason: expect.stringMatching(/^the data: /) },
    ])
    expect(rows('parked')).toEqual([])
  })

  it('is not meant by a type that nobody handles', async () => {
    const advanced = await follow(
      storage,
      requestWith('stripe.charge.succeeded', '{}'),
      requestWith('stripe.unknown', '7'),
    )
    expect(advanced).toMatchObject({ read: 2, made: 0 })
    expect(advanced).not.toHaveProperty('passedOver')
  })
})

function addWorkspace(id = 'ws_other'): string {
  storage.sql("INSERT INTO workspaces (id, name, created_at) VALUES (?, 'other', 0) RETURNING id", id)
  return id
}
