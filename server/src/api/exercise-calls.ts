import { newId } from '../base/id.ts'
import { advance } from '../commands.ts'
import { appendRequest } from '../events/append.ts'
import { countJob } from '../jobs/exercise-jobs.ts'
import { startJob } from '../jobs/keep-job.ts'
import type { Caller, TestApi } from './exercise-api.ts'
import type { Operation } from './operation.ts'

/** What a workspace holds: the id of one thing of each kind. */
export interface Holdings {
  source: string
  endpoint: string
  event: string
  delivery: string
  request: string
  'parked-event': string
  subscription: string
  payment: string
  user: string
  job: string
  key: string
}

/** A type of event that is registered. */
const typeName = 'orders.registered'

/** The route that the source has. */
const routeName = 'pn_1'

/** Gives a workspace one thing of each kind; those that can be a customer's are this one's. */
export async function populate(api: TestApi, caller: Caller, customer: string | null = null): Promise<Holdings> {
  const source = (await caller.post('/sources', { kind: 'standard-webhooks', name: 'Orders' })).json.id
  await caller.put(`/sources/${source}/routes/${routeName}`, { customer: 'acme' })
  const hooks = { url: 'https://example.com/hooks', eventTypes: ['orders.*'], ordering: 'key', customer }
  const endpoint = (await caller.post('/endpoints', hooks)).json.id
  await caller.post('/event-types', { type: typeName, description: 'Something about orders.' })
  const event = (await caller.post('/events', { type: 'orders.paid', data: { n: 1 }, orderKey: 'k', customer })).json.id
  await fanOut(api)
  const [delivery] = api.storage.sql(
    'SELECT id FROM deliveries WHERE event_id = ? AND endpoint_id = ?',
    ...[event, endpoint],
  )
  const key = (await caller.post('/keys', { name: 'billing', scopes: ['keys.write'], customer })).json.id
  const request = newId('request', api.clock.now())
  await api.storage.commit(appendRequest, {
    id: request,
    workspaceId: caller.workspaceId,
    sourceId: source,
    receivedAt: api.clock.now(),
    method: 'POST',
    url: '/in/abcd***',
    headers: [['Content-Type', 'application/json']],
    body: Buffer.from('{"n":1}'),
    bodyBytes: 7,
    senderAddress: '203.0.113.5',
    verdict: 'verified',
    cause: null,
    detail: null,
    readMs: 1.5,
    verifyMs: 0.25,
    parseMs: 0.125,
    events: [],
  })
  const job = countJob(caller.workspaceId, 10, { customer })
  await api.storage.commit(startJob, { job, now: api.clock.now() })
  const parked = { 'parked-event': addParked(api, caller, event) }
  return {
    source,
    endpoint,
    event,
    delivery: String(delivery?.id),
    request,
    job: job.id,
    key,
    ...parked,
    ...addAccounts(api, caller, customer),
  }
}

/** One row of each kind of account, as their follower leaves them. */
export function addAccounts(
  { storage, clock }: TestApi,
  { workspaceId }: Pick<Caller, 'workspaceId'>,
  customer: string | null = null,
): Pick<Holdings, 'subscription' | 'payment' | 'user'> {
  const now = clock.now()
  const key = newId('account', now)
  const ids = { subscription: `sub_${key.slice(4)}`, payment: `in_${key.slice(4)}`, user: `user_${key.slice(4)}` }
  storage.sql(
    `INSERT INTO subscriptions (workspace_id, key, customer, id, stripe_customer_id, user_id, tier, price_id, status,
       current_period_start, current_period_end, cancel_at_period_end, told_at, told_event_id, told_word, told_status)
     VALUES (?, ?, ?, ?, 'cus_1', 'u1', 'PRO', 'price_1', 'ACTIVE', ?, NULL, 0, ?, 'evt_1', 'created', 'ACTIVE') RETURNING key`,
    ...[workspaceId, key, customer, ids.subscription, now, now],
  )
  storage.sql(
    `INSERT INTO payments (workspace_id, key, customer, id, subscription_id, user_id, amount, currency, status, told_at,
       told_event_id) VALUES (?, ?, ?, ?, ?, 'u1', 4900, 'eur', 'SUCCEEDED', ?, 'evt_1') RETURNING key`,
    ...[workspaceId, key, customer, ids.payment, ids.subscription, now],
  )
  storage.sql(
    `INSERT INTO users (workspace_id, key, customer, id, email, updated_at, told_at, mark)
     VALUES (?, ?, ?, ?, 'marta@orchard.example', ?, ?, '') RETURNING key`,
    ...[workspaceId, key, customer, ids.user, now, now],
  )
  return ids
}

/** Has the fan-out of an event failed; answers the id of what is parked. */
function addParked({ storage, clock }: TestApi, { workspaceId }: Caller, eventId: string): string {
  const now = clock.now()
  storage.sql(
    `INSERT INTO parked (follower, seq, event_id, workspace_id, subject, event_type, state, cause, error, attempts, due_at,
       created_at, updated_at)
     SELECT 'fan-out', seq, id, ?, NULL, type, 'parked', 'HANDLER_THREW', 'Error: why', 7, ?, ?, ? FROM events WHERE id = ?
     RETURNING seq`,
    ...[workspaceId, now, now, now, eventId],
  )
  return `${eventId}.fan-out`
}

/** Makes the deliveries of everything in the log. */
export function fanOut({ storage, clock }: TestApi) {
  return storage.commit(advance, {
    follower: 'fan-out',
    owner: 'proc_1',
    upTo: Number.MAX_SAFE_INTEGER,
    limit: 10_000,
    now: clock.now(),
  })
}

/** A body that each operation takes, on these things. */
const bodiesOn = ({ endpoint: endpointId }: Partial<Holdings>): Readonly<Record<string, unknown>> => ({
  createSource: { kind: 'standard-webhooks', name: 'Orders' },
  updateSource: { name: 'Renamed' },
  sampleSource: { event: 'user.created', set: { 'data.id': 'user_1' } },
  reverifySource: {},
  putRoute: { customer: 'acme' },
  createEndpoint: { url: 'https://example.com/hooks' },
  checkEndpoint: { url: 'https://example.com/hooks' },
  rotateEndpointSecret: {},
  testEndpoint: {},
  updateEndpoint: { description: 'changed' },
  publishEvent: { type: 'orders.paid', data: 1 },
  registerEventType: { type: 'orders.placed', schema: { type: 'object' }, validation: 'reject' },
  registerProductEvents: {},
  replaceEventType: { description: 'changed' },
  rerunParkedEvent: { dryRun: true },
  rerunParkedEvents: { filter: {}, dryRun: true },
  rehandleEvents: { follower: 'fan-out' },
  reprocessRequests: { filter: { cause: 'UNPARSABLE' } },
  retryFailedDeliveries: { endpointId },
  cancelDeliveries: { filter: { endpointId, type: 'nothing' } },
  cleanDeliveries: { keep: 1_000_000 },
  planReplay: { filter: { endpointId } },
  startReplay: { filter: { endpointId, type: 'nothing' } },
  eraseContents: { customer: 'nobody' },
  createKey: { name: 'billing', scopes: ['keys.write'] },
})

/** Which thing the id of an operation's path means. */
export function thingOf({ path }: Operation): keyof Holdings | undefined {
  const [, things] = /([a-z-]+)\/:id/.exec(path) ?? []
  return things?.replace(/ies$/, 'y').replace(/s$/, '') as keyof Holdings | undefined
}

/** An id of such a thing that nobody has. */
export function randomIdOf(thing: keyof Holdings, now: number): string {
  if (thing === 'parked-event') return `${newId('event', now)}.fan-out`
  if (thing === 'key') return newId('credential', now)
  return newId(thing === 'subscription' || thing === 'payment' || thing === 'user' ? 'account' : thing, now)
}

/** Calls an operation as it wants to be called, on these things. */
export function callOperation(caller: Caller, operation: Operation, ids: Partial<Holdings>) {
  const thing = thingOf(operation)
  const path = operation.path
    .replace(':id', thing === undefined ? '' : (ids[thing] ?? 'none'))
    .replace(':type', typeName)
    .replace(':route', routeName)
  const method = operation.method.toLowerCase() as 'get' | 'post' | 'put' | 'patch' | 'delete'
  return caller[method](path, bodiesOn(ids)[operation.name])
}
