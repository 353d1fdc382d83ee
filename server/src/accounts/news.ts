import { idFrom } from '../base/id.ts'
import type { Event, NewEvent } from '../events/event.ts'
import type { Payment } from './payment.ts'
import type { Subscription } from './subscription.ts'
import type { User } from './user.ts'

/** What the events of accounts say, in the product's words. Their ids follow from the provider's event. */
export function subscriptionNews(word: 'created' | 'updated' | 'cancelled', now: Subscription, from: Event): NewEvent {
  const { id, userId, tier, status, currentPeriodEnd, cancelAtPeriodEnd } = now
  const data = { id, userId, tier, status, currentPeriodEnd: shown(currentPeriodEnd), cancelAtPeriodEnd }
  return newsOf(`subscription.${word}`, id, data, from)
}

export function paymentNews(now: Payment, from: Event): NewEvent {
  const { id, userId, subscriptionId, amount, currency, method, failureReason } = now
  const data = { id, userId, subscriptionId, amount, currency, method, invoiceId: id }
  return now.status === 'SUCCEEDED'
    ? newsOf('payment.succeeded', id, data, from)
    : newsOf('payment.failed', id, { ...data, failureReason }, from)
}

/** Of a deleted user nothing is kept, so the last word on them says what was known. */
export function userNews(
  word: 'created' | 'updated' | 'deleted',
  now: User,
  before: User | undefined,
  from: Event,
): NewEvent {
  const { id } = now
  const { email = null, name = null } = (word === 'deleted' ? before : now) ?? {}
  const times = {
    created: { createdAt: shown(now.createdAt) },
    updated: { updatedAt: shown(now.updatedAt) },
    deleted: { deletedAt: shown(now.deletedAt) },
  }
  return newsOf(`user.${word}`, id, { id, email, name, ...times[word] }, from)
}

function newsOf(type: string, subject: string, data: Readonly<Record<string, unknown>>, from: Event): NewEvent {
  return {
    id: idFrom('event', from.receivedAt, `${from.id} ${type}`),
    workspaceId: from.workspaceId,
    customer: from.customer,
    sourceId: null,
    requestId: null,
    type,
    subject,
    orderKey: subject,
    data: JSON.stringify(data),
    receivedAt: from.receivedAt,
    dedupe: null,
  }
}

const shown = (ms: number | null): string | null => (ms === null ? null : new Date(ms).toISOString())
