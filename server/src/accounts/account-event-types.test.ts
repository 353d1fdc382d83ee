import { describe, expect, it } from 'vitest'
import type { Event } from '../events/event.ts'
import { accountEventTypes } from './account-event-types.ts'
import { paymentNews, subscriptionNews, userNews } from './news.ts'
import type { Payment } from './payment.ts'
import type { Subscription } from './subscription.ts'
import type { User } from './user.ts'

const from = { id: 'evt_1', workspaceId: 'ws_1', customer: null, receivedAt: 1_769_000_000_000 } as Event

const subscription = {
  ...{ id: 'sub_1', userId: null, tier: 'PRO', status: 'ACTIVE', currentPeriodEnd: null, cancelAtPeriodEnd: false },
} as Subscription
const payment = { id: 'in_1', amount: 4900, currency: 'eur', method: null, userId: null, subscriptionId: null }
const user = { id: 'user_1', email: null, name: 'Marta', createdAt: null, updatedAt: 1, deletedAt: null } as User

describe('the types of accounts', () => {
  it('are those that are made, with the data that is made', () => {
    const made = [
      ...(['created', 'updated', 'cancelled'] as const).map((word) => subscriptionNews(word, subscription, from)),
      paymentNews({ ...payment, status: 'SUCCEEDED', failureReason: null } as Payment, from),
      paymentNews({ ...payment, status: 'FAILED', failureReason: 'card_declined' } as Payment, from),
      ...(['created', 'updated', 'deleted'] as const).map((word) => userNews(word, user, user, from)),
    ]
    expect(made.map(({ type }) => type)).toEqual(accountEventTypes.map(({ type }) => type))
    for (const { type, data } of made) {
      const shape = accountEventTypes.find((each) => each.type === type)?.data
      const value: unknown = JSON.parse(String(data))
      expect(shape?.parse(value), type).toEqual(value)
    }
  })
})
