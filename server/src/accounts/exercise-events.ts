import { createHash } from 'node:crypto'
import { stripe } from '@trunkline/senders'
import { defaultWorkspaceId, newId } from '../base/id.ts'
import { advance } from '../commands.ts'
import { appendRequest } from '../events/append.ts'
import { advanceReading, readHere } from '../events/follow/exercise-reading.ts'
import type { Advanced } from '../events/follow/follow.ts'
import type { NewRequest } from '../events/request.ts'
import type { TestStorage } from '../exercise-storage.ts'
import { accounts } from './follow-accounts.ts'

/** When the tests take place: 15 January 2027, 08:00 UTC. */
export const t0 = 1_800_000_000_000
export const tiers = { price_pro: 'PRO', price_team: 'TEAM' }

/** An event of Stripe's. */
export interface StripeShape {
  id: string
  type: string
  /** Seconds. */
  created?: number
  object: Record<string, unknown>
}

export const stripeEvent = ({ id, type, created = t0 / 1000, object }: StripeShape) => ({
  id,
  object: 'event',
  type,
  created,
  data: { object },
})

/** A subscription as the API shows it since "basil". */
export const subscriptionObject = (more: Record<string, unknown> = {}) => ({
  id: 'sub_1',
  object: 'subscription',
  customer: 'cus_1',
  status: 'active',
  cancel_at_period_end: false,
  metadata: { userId: 'u1' },
  items: {
    data: [
      {
        id: 'si_1',
        price: { id: 'price_pro' },
        current_period_start: 1_800_000_000,
        current_period_end: 1_802_592_000,
      },
    ],
  },
  ...more,
})

/** An invoice as the API shows it since "basil". */
export const invoiceObject = (more: Record<string, unknown> = {}) => ({
  id: 'in_1',
  object: 'invoice',
  customer: 'cus_1',
  currency: 'eur',
  amount_due: 4900,
  amount_paid: 4900,
  parent: { type: 'subscription_details', subscription_details: { subscription: 'sub_1', metadata: { userId: 'u1' } } },
  ...more,
})

/** An event of Clerk's about a user. */
export const clerkEvent = (type: string, data: Record<string, unknown>, timestamp: number | undefined = t0) => ({
  data: { id: 'user_1', object: 'user', ...data },
  object: 'event',
  type,
  ...(timestamp === undefined ? {} : { timestamp }),
})

export const userObject = (more: Record<string, unknown> = {}) => ({
  email_addresses: [
    { id: 'idn_0', email_address: 'old@orchard.example' },
    { id: 'idn_1', email_address: 'marta@orchard.example' },
  ],
  primary_email_address_id: 'idn_1',
  first_name: 'Marta',
  last_name: 'König',
  image_url: 'https://img.example/marta',
  created_at: t0,
  updated_at: t0,
  ...more,
})

/** A sample of Stripe's sender, as its value. */
export function sampleOf(event: string): unknown {
  return JSON.parse(new TextDecoder().decode(stripe.sample({ event, id: `evt_${event}`, nowMs: t0 }).body))
}

/** Where an event comes from. */
export interface Origin {
  workspaceId?: string
  customer?: string | null
  sourceId?: string | null
}

/** A request with one event in it, as ingest hands it over. */
export function requestWith(type: string, data: unknown, origin: Origin = {}): NewRequest {
  const { workspaceId = defaultWorkspaceId, customer = null, sourceId = 'src_stripe' } = origin
  const text = typeof data === 'string' ? data : JSON.stringify(data)
  const id = newId('request', t0)
  const eventId = newId('event', t0)
  const hash = (BigInt(`0x${createHash('sha256').update(eventId).digest('hex').slice(0, 16)}`) >> 1n).toString()
  return {
    id,
    workspaceId,
    sourceId: sourceId ?? '',
    receivedAt: t0,
    method: 'POST',
    url: '/in/key',
    headers: [],
    body: Buffer.from(text),
    bodyBytes: text.length,
    senderAddress: '203.0.113.7',
    verdict: 'verified',
    cause: null,
    detail: null,
    readMs: 1.5,
    verifyMs: 0.25,
    parseMs: 0.125,
    events: [
      {
        id: eventId,
        workspaceId,
        customer,
        sourceId,
        requestId: id,
        type,
        subject: null,
        orderKey: null,
        data: text,
        receivedAt: t0,
        dedupe: { key: eventId, hash },
      },
    ],
  }
}

/** Puts events into the log and lets the follower handle them. */
export async function follow(
  { commit }: Pick<TestStorage, 'commit'>,
  ...requests: readonly NewRequest[]
): Promise<Advanced> {
  await Promise.all(requests.map((request) => commit(appendRequest, request)))
  const call = { follower: accounts.name, owner: 'proc_1', upTo: Number.MAX_SAFE_INTEGER, limit: 1000, now: t0 }
  return advanceReading(commit, advance, { ...call, settings: { tiers } }, readHere([accounts]))
}
