import { beforeAll, describe, expect, it } from 'vitest'
import { accounts } from '../../accounts/follow-accounts.ts'
import type { Payment } from '../../accounts/payment.ts'
import type { Subscription } from '../../accounts/subscription.ts'
import type { User } from '../../accounts/user.ts'
import { newId } from '../../base/id.ts'
import { appendRequest, publishEvent } from '../../events/append.ts'
import { advanceReading, readHere } from '../../events/follow/exercise-reading.ts'
import { advance } from './commands.ts'
import type { Bench } from './opened.ts'
import { makeEvent, makeRequest, makeSource, t0 } from './rows.ts'

/** Accounts: what their follower keeps, how it is found, and that nobody else finds it. */
export function exerciseAccounts(at: Bench): void {
  describe('accounts', () => {
    it('are kept as they are now, by their key', async () => {
      const workspaceId = await at.workspace()
      const [subscription, payment, user] = [
        makeSubscription(workspaceId),
        makePayment(workspaceId),
        makeUser(workspaceId),
      ]
      const { accounts: store } = at.inside
      await store.keepSubscriptions([subscription, makeSubscription(workspaceId, { id: 'sub_2' })])
      await store.keepPayments([payment])
      await store.keepUsers([user])
      const now = {
        subscription: { ...subscription, ...changed, told: null, billed: { at: t0, eventId: 'evt_2', isPaid: false } },
        payment: { ...payment, status: 'FAILED' as const, failureReason: 'declined', amount: 2 ** 52, at: t0 + 1 },
        user: { ...user, email: null, name: null, imageUrl: null, createdAt: null, deletedAt: t0, mark: '2 x' },
      }
      await store.keepSubscriptions([now.subscription])
      await store.keepPayments([now.payment])
      await store.keepUsers([now.user])
      for (const reads of [at.storage.reads.accounts, store]) {
        expect(await reads.subscriptions(workspaceId, ['sub_1', 'sub_9'])).toEqual([now.subscription])
        expect(await reads.payments(workspaceId, ['in_1'])).toEqual([now.payment])
        expect(await reads.users(workspaceId, ['user_1'])).toEqual([now.user])
        expect(await reads.users(workspaceId, [])).toEqual([])
      }
      await Promise.all([store.keepSubscriptions([]), store.keepPayments([]), store.keepUsers([])])
    })

    it('have one row of an id for each customer, and one for nobody', async () => {
      const workspaceId = await at.workspace()
      const { accounts: store } = at.inside
      const customers = ['', 'one', 'two', null]
      await store.keepSubscriptions(customers.map((customer) => makeSubscription(workspaceId, { customer })))
      expect(await store.subscriptions(workspaceId, ['sub_1'])).toHaveLength(4)
      for (const customer of customers) {
        await expect(store.keepSubscriptions([makeSubscription(workspaceId, { customer })])).rejects.toThrow()
      }
      await store.keepUsers([makeUser(workspaceId)])
      await expect(store.keepUsers([makeUser(workspaceId)])).rejects.toThrow()
      await store.keepPayments([makePayment(workspaceId)])
      await expect(store.keepPayments([makePayment(workspaceId)])).rejects.toThrow()
    })

    describe('in lists', () => {
      let workspaceId = ''
      beforeAll(async () => {
        workspaceId = await at.workspace()
        const { accounts: store } = at.inside
        const places = Array.from({ length: 5 }, (_, i) => ({ key: newId('account', t0 + i), n: i }))
        await store.keepSubscriptions(
          places.map(({ key, n }) =>
            makeSubscription(workspaceId, {
              key,
              id: `sub_${n}`,
              customer: n < 2 ? 'one' : null,
              userId: n % 2 === 0 ? 'even' : null,
              stripeCustomerId: `cus_${n}`,
              status: n === 4 ? 'PAST_DUE' : 'ACTIVE',
            }),
          ),
        )
        await store.keepPayments(
          places.map(({ key, n }) =>
            makePayment(workspaceId, {
              key,
              id: `in_${n}`,
              customer: n < 2 ? 'one' : null,
              userId: n % 2 === 0 ? 'even' : null,
              stripeCustomerId: `cus_${n}`,
              subscriptionId: n < 3 ? 'sub_1' : null,
              status: n === 4 ? 'FAILED' : 'SUCCEEDED',
            }),
          ),
        )
        await store.keepUsers(
          places.map(({ key, n }) =>
            makeUser(workspaceId, {
              key,
              id: `user_${n}`,
              customer: n < 2 ? 'one' : null,
              email: n === 3 ? null : `${n}@orchard.example`,
              deletedAt: n === 3 ? t0 : null,
            }),
          ),
        )
      })

      const all = { after: null, limit: 10 }
      const numbers = (rows: readonly { id: string }[]) => rows.map(({ id }) => Number(id.split('_')[1]))

      it('come newest first, page by page', async () => {
        const { listSubscriptions, listPayments, listUsers } = at.storage.reads.accounts
        for (const list of [listSubscriptions, listPayments, listUsers]) {
          const first = await list(workspaceId, {}, { after: null, limit: 2 })
          const second = await list(workspaceId, {}, { after: first[1]?.key ?? '', limit: 9 })
          expect(numbers([...first, ...second])).toEqual([4, 3, 2, 1, 0])
        }
      })

      it('are found by whose they are and how they stand', async () => {
        const reads = at.storage.reads.accounts
        const subscriptions = async (filter: Parameters<typeof reads.listSubscriptions>[1]) =>
          numbers(await reads.listSubscriptions(workspaceId, filter, all))
        expect(await subscriptions({ customer: 'one' })).toEqual([1, 0])
        expect(await subscriptions({ userId: 'even' })).toEqual([4, 2, 0])
        expect(await subscriptions({ userId: 'even', status: 'ACTIVE' })).toEqual([2, 0])
        expect(await subscriptions({ stripeCustomerId: 'cus_3' })).toEqual([3])
        expect(await subscriptions({ status: 'CANCELED' })).toEqual([])
        const payments = async (filter: Parameters<typeof reads.listPayments>[1]) =>
          numbers(await reads.listPayments(workspaceId, filter, all))
        expect(await payments({ customer: 'one', userId: 'even' })).toEqual([0])
        expect(await payments({ subscriptionId: 'sub_1' })).toEqual([2, 1, 0])
        expect(await payments({ stripeCustomerId: 'cus_4', status: 'FAILED' })).toEqual([4])
        const users = async (filter: Parameters<typeof reads.listUsers>[1]) =>
          numbers(await reads.listUsers(workspaceId, filter, all))
        expect(await users({ customer: 'one', email: '1@orchard.example' })).toEqual([1])
        expect(await users({ isDeleted: true })).toEqual([3])
        expect(await users({ isDeleted: false })).toEqual([4, 2, 1, 0])
        expect(await users({ email: "' OR 1=1 --" })).toEqual([])
      })

      it('are nobody else’s', async () => {
        const other = await at.workspace()
        const reads = at.storage.reads.accounts
        expect(await reads.subscriptions(other, ['sub_1'])).toEqual([])
        expect(await reads.payments(other, ['in_1'])).toEqual([])
        expect(await reads.users(other, ['user_1'])).toEqual([])
        for (const list of [reads.listSubscriptions, reads.listPayments, reads.listUsers]) {
          expect(await list(other, {}, all)).toEqual([])
        }
        await at.inside.accounts.keepSubscriptions([makeSubscription(other)])
        expect(await reads.subscriptions(workspaceId, ['sub_1'])).toMatchObject([{ stripeCustomerId: 'cus_1' }])
      })
    })

    it('tell the kinds of sources, of whichever workspace: a route makes an event another’s', async () => {
      const [workspaceId, other] = [await at.workspace(), await at.workspace()]
      const [own, foreign] = [makeSource(workspaceId, { kind: 'stripe' }), makeSource(other, { kind: 'stripe' })]
      for (const source of [own, foreign]) await at.inside.sources.insert(source)
      const kinds = await at.inside.accounts.sourceKinds([own.id, foreign.id, 'src_none'])
      expect(new Map(kinds)).toEqual(
        new Map([
          [own.id, 'stripe'],
          [foreign.id, 'stripe'],
        ]),
      )
      expect((await at.inside.accounts.sourceKinds([])).size).toBe(0)
    })

    it('follow from the log in one transaction: the state, what is told of it, and the place', async () => {
      const workspaceId = await at.workspace()
      const source = makeSource(workspaceId, { kind: 'stripe' })
      await at.inside.sources.insert(source)
      const send = (id: string, created: number, status: string) =>
        at.storage.commit(
          appendRequest,
          makeRequest({
            workspaceId,
            sourceId: source.id,
            keys: [id],
            type: 'stripe.customer.subscription.updated',
            body: JSON.stringify({ id, created, data: { object: { id: 'sub_1', status } } }),
          }),
        )
      const move = async () =>
        advanceReading(
          at.storage.commit,
          advance,
          {
            follower: accounts.name,
            owner: 'proc_1',
            upTo: await at.storage.settledUpTo(),
            limit: 10_000,
            now: t0,
            settings: { tiers: {} },
          },
          readHere([accounts]),
        )
      const told = async () => {
        const events = (
          await at.storage.reads.log.listEvents(workspaceId, { type: 'subscription.*' }, { after: null, limit: 9 })
        ).rows
        return events.map(({ type, subject }) => `${type} ${subject}`)
      }
      await send('evt_2', t0 / 1000, 'past_due')
      await at.storage.commit(publishEvent, makeEvent({ workspaceId, type: 'stripe.customer.subscription.updated' }))
      expect(await move()).toMatchObject({ made: 1, parked: 0 })
      await send('evt_1', t0 / 1000 - 60, 'active')
      expect(await move()).toMatchObject({ made: 0, parked: 0 })
      expect(await at.storage.reads.accounts.subscriptions(workspaceId, ['sub_1'])).toMatchObject([
        { status: 'PAST_DUE', told: { eventId: 'evt_2' } },
      ])
      // The change came before the beginning: it is the beginning to whoever waits for that.
      expect(await told()).toEqual(['subscription.created sub_1'])
      await at.sql('UPDATE followers SET cursor = 0 WHERE name = ?', accounts.name)
      expect(await move()).toMatchObject({ made: 0, parked: 0 })
      expect(await told()).toHaveLength(1)
    })
  })
}

const changed = {
  status: 'PAST_DUE',
  tier: null,
  currentPeriodEnd: null,
  cancelAtPeriodEnd: true,
  userId: null,
} as const

function makeSubscription(workspaceId: string, over: Partial<Subscription> = {}): Subscription {
  return {
    workspaceId,
    key: newId('account', t0),
    customer: null,
    id: 'sub_1',
    stripeCustomerId: 'cus_1',
    userId: 'u1',
    tier: 'PRO',
    priceId: 'price_1',
    status: 'ACTIVE',
    currentPeriodStart: t0,
    currentPeriodEnd: t0 + 1000,
    cancelAtPeriodEnd: false,
    told: { at: t0, eventId: 'evt_1', word: 'updated', status: 'ACTIVE' },
    billed: null,
    ...over,
  }
}

function makePayment(workspaceId: string, over: Partial<Payment> = {}): Payment {
  return {
    workspaceId,
    key: newId('account', t0),
    customer: null,
    id: 'in_1',
    subscriptionId: 'sub_1',
    stripeCustomerId: 'cus_1',
    userId: 'u1',
    paymentId: null,
    amount: 4900,
    currency: 'eur',
    method: 'card',
    status: 'SUCCEEDED',
    failureReason: null,
    at: t0,
    eventId: 'evt_1',
    ...over,
  }
}

function makeUser(workspaceId: string, over: Partial<User> = {}): User {
  return {
    workspaceId,
    key: newId('account', t0),
    customer: null,
    id: 'user_1',
    email: 'marta@orchard.example',
    name: 'Marta König',
    imageUrl: 'https://img.example/marta',
    createdAt: t0,
    updatedAt: t0,
    deletedAt: null,
    toldAt: t0,
    mark: '0 x',
    ...over,
  }
}
