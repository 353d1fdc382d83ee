import { randomUUID } from 'node:crypto'
import Stripe from 'stripe'
import { Webhook as Svix } from 'svix'
import { beforeAll, describe, expect, it } from 'vitest'
import { engines } from './engines.ts'
import { eventually } from './eventually.ts'
import { openReceiver, proven } from './receiver.ts'
import { apiKey, createEndpoint, createSource, startTrunkline, type TestSource, type Trunkline } from './trunkline.ts'

const seconds = 1_800_000_000
const tiers = { price_1QTrunklineSample: 'PRO' }

describe.each(engines)('accounts on a server on $name', (engine) => {
  let trunkline: Trunkline
  beforeAll(async () => {
    trunkline = await startTrunkline(engine, { TRUNKLINE_STRIPE_TIERS: JSON.stringify(tiers) })
  })

  /** Posts a sample of Stripe's about a subscription and an invoice of their own, signed by Stripe's package. */
  const send =
    (source: TestSource, id: string) =>
    async (event: string, created: number, object: object = {}) => {
      const sample = JSON.parse(
        new TextDecoder().decode(source.sender.sample({ event, id: `evt_${randomUUID()}` }).body),
      )
      const payload = JSON.stringify({ ...sample, created, data: { object: about(sample.data.object, id, object) } })
      const header = Stripe.webhooks.generateTestHeaderString({ payload, secret: source.secret })
      const post = () => fetch(source.url, { method: 'POST', headers: { 'stripe-signature': header }, body: payload })
      const answer = await post()
      expect(answer.status).toBe(200)
      return post
    }

  const read = (path: string) => trunkline.api.get(`/accounts${path}`)

  it.each([
    ['since', ''],
    ['before', '@2024-06-20'],
  ])(
    'follow Stripe’s events in the shape of its API %s basil, and reach endpoints as events of their own',
    async (shape, suffix) => {
      const receiver = await openReceiver()
      const all = await openReceiver()
      const source = await createSource(trunkline, 'stripe')
      const endpoint = await createEndpoint(trunkline, receiver, { eventTypes: ['subscription.*', 'payment.*'] })
      const forAll = await createEndpoint(trunkline, all, { eventTypes: ['**'] })
      const id = `${shape}_${engine.name}`
      const stripe = send(source, id)
      const type = (arrival: { body: Buffer }) => JSON.parse(arrival.body.toString()).type as string

      await stripe(`customer.subscription.created${suffix}`, seconds)
      const [began] = await receiver.has(1)
      expect(proven(began, endpoint.secret)).toMatchObject({
        type: 'subscription.created',
        data: { id: `sub_${id}`, userId: 'user_2Trunkline', tier: 'PRO', status: 'ACTIVE', cancelAtPeriodEnd: false },
      })
      const again = await stripe(`customer.subscription.updated${suffix}`, seconds + 60)
      await receiver.has(2)
      await again() // a repeat
      await stripe(`customer.subscription.updated${suffix}`, seconds + 30, {
        cancel_at_period_end: false,
        status: 'unpaid',
      }) // late
      await stripe(`invoice.payment_failed${suffix}`, seconds + 90)
      const arrivals = await receiver.has(4)
      expect(arrivals.map(type).sort()).toEqual([
        'payment.failed',
        'subscription.created',
        'subscription.updated',
        'subscription.updated',
      ])
      expect((await read(`/subscriptions/sub_${id}`)).json).toMatchObject({
        status: 'PAST_DUE',
        tier: 'PRO',
        cancelAtPeriodEnd: true,
        updatedAt: new Date((seconds + 90) * 1000).toISOString(),
      })
      expect((await read(`/payments/in_${id}`)).json).toMatchObject({ status: 'FAILED', amount: 4900, currency: 'eur' })

      await stripe(`customer.subscription.deleted${suffix}`, seconds + 120)
      const ended = (await receiver.has(5)).find((arrival) => type(arrival) === 'subscription.cancelled')
      expect(ended && proven(ended, endpoint.secret)).toMatchObject({ data: { tier: 'FREE', status: 'CANCELED' } })
      const own = (await all.has(10)).map(type)
      expect(own.filter((each) => each.startsWith('stripe.'))).toHaveLength(5)
      expect(own.filter((each) => !each.startsWith('stripe.'))).toHaveLength(5)
      for (const each of [endpoint, forAll]) await trunkline.api.delete(`/endpoints/${each.id}`)
      expect(receiver.arrivals).toHaveLength(5)
    },
  )

  it('follow Clerk’s users, and do not bring back a deleted one', async () => {
    const receiver = await openReceiver()
    const source = await createSource(trunkline, 'standard-webhooks', { config: { eventPrefix: 'clerk' } })
    const endpoint = await createEndpoint(trunkline, receiver, { eventTypes: ['user.*'] })
    const clerk = async (type: string, data: object, timestamp: number) => {
      const payload = JSON.stringify({ data: { id: 'user_1', ...data }, object: 'event', type, timestamp })
      const [id, now] = [`msg_${randomUUID()}`, new Date()]
      const headers = {
        'svix-id': id,
        'svix-timestamp': String(Math.floor(now.getTime() / 1000)),
        'svix-signature': new Svix(source.secret).sign(id, now, payload),
      }
      expect((await fetch(source.url, { method: 'POST', headers, body: payload })).status).toBe(200)
    }
    const user = (first: string, at: number) => ({
      email_addresses: [{ id: 'idn_1', email_address: 'marta@orchard.example' }],
      primary_email_address_id: 'idn_1',
      first_name: first,
      updated_at: at,
    })
    await clerk('user.created', user('Marta', 1000), 1000)
    await clerk('user.deleted', { deleted: true }, 3000)
    await receiver.has(2)
    await clerk('user.updated', user('Martina', 4000), 4000)
    await clerk('user.updated', { updated_at: 'never' }, 5000) // nobody can read that
    await eventually('the event to be passed over', () => trunkline.server.output().includes('event.passed_over'))
    expect((await read('/users/user_1')).json).toMatchObject({ status: 'deleted', email: null, name: null })
    const told = receiver.arrivals.map((each) => proven(each, endpoint.secret))
    expect(told.map(({ type }) => type).sort()).toEqual(['user.created', 'user.deleted'])
    expect(trunkline.server.output()).not.toContain('marta@orchard.example')
    expect(await trunkline.place.rows('SELECT * FROM parked')).toEqual([])
  })

  it('have a follower of their own beside fan-out, each at the end of the log', async () => {
    await eventually('both followers at the end', async () => {
      const rows = await trunkline.place.rows('SELECT name, cursor FROM followers ORDER BY name')
      const [last] = await trunkline.place.rows('SELECT max(seq) AS seq FROM events')
      expect(rows.map(({ name, cursor }) => [name, Number(cursor)])).toEqual([
        ['accounts', Number(last?.seq)],
        ['fan-out', Number(last?.seq)],
      ])
      return true
    })
    const headers = { authorization: `Bearer ${apiKey}` }
    const metrics = await (await fetch(`${trunkline.server.adminUrl}/metrics`, { headers })).text()
    expect(metrics).toContain('trunkline_derived_events_total{follower="accounts"}')
    expect(metrics).toContain('trunkline_passed_over_total{follower="accounts"} 1')
  })
})

/** The object with ids of its own, in either shape of the API. */
function about(object: Record<string, unknown>, id: string, more: object): object {
  const text = JSON.stringify({ ...object, ...more })
  return JSON.parse(
    text.replaceAll('sub_1QTrunklineSample', `sub_${id}`).replaceAll('in_1QTrunklineSample', `in_${id}`),
  )
}
