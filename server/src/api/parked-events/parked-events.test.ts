import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { scopes } from '../../access/scope.ts'
import { accounts } from '../../accounts/follow-accounts.ts'
import { newId } from '../../base/id.ts'
import { advance, retryFollowed } from '../../commands.ts'
import { publishEvent } from '../../events/append.ts'
import { eventOf } from '../../events/exercise-log.ts'
import { advanceReading, readHere } from '../../events/follow/exercise-reading.ts'
import { type Caller, openTestApi, type TestApi } from '../exercise-api.ts'

let api: TestApi
let caller: Caller
let endpointId: string
beforeAll(async () => {
  api = await openTestApi()
})
// Each test has a workspace of its own.
beforeEach(async () => {
  caller = api.caller(newId('workspace', api.clock.now()))
  endpointId = (await caller.post('/endpoints', { url: 'https://example.com/hooks' })).json.id
  api.storage.sql('DELETE FROM parked RETURNING seq')
})
afterAll(() => api[Symbol.asyncDispose]())

/** While this runs, no delivery can be made. */
async function withoutDeliveries(run: () => Promise<unknown>): Promise<void> {
  api.storage.sql(
    `CREATE TRIGGER refuse BEFORE INSERT ON deliveries BEGIN SELECT RAISE(ABORT, 'no deliveries today'); END`,
  )
  await run()
  api.storage.sql('DROP TRIGGER refuse')
}

const call = (follower: string) => ({
  follower,
  owner: 'proc_1',
  upTo: Number.MAX_SAFE_INTEGER,
  limit: 1000,
  now: api.clock.now(),
})
const fanOut = () => api.storage.commit(advance, call('fan-out'))
/** Tries until everything has been given up. */
async function giveUp(): Promise<void> {
  for (let due: number | null = 0; due !== null; ) {
    const retried = await api.storage.commit(retryFollowed, { ...call('fan-out'), limit: 100 })
    due = retried.nextDue
    if (due !== null && due > api.clock.now()) api.clock.set(due)
  }
}

/** Publishes events about a thing; answers their ids. */
async function publish(...subjects: readonly string[]): Promise<string[]> {
  const ids: string[] = []
  for (const subject of subjects) ids.push((await caller.post('/events', { type: 'a.b', subject, data: 1 })).json.id)
  return ids
}
const idOf = (eventId = '') => `${eventId}.fan-out`
const deliveriesOf = async (eventId = '') => (await caller.get(`/deliveries?event=${eventId}`)).json.data.length

describe('an event that could not be handled', () => {
  it('is masked in the list, and shown whole to who may see that or reads the one', async () => {
    const [id] = await publish('491701234567')
    await withoutDeliveries(fanOut)
    api.storage.sql(`UPDATE parked SET error = ? WHERE event_id = ? RETURNING seq`, 'no user "Marta Huber"', id ?? '')
    const list = async (query = '') => (await caller.get(`/parked-events?subject=491701234567${query}`)).json.data
    expect(await list()).toMatchObject([{ subject: '…4567', error: 'no user "…"' }])
    const whole = { subject: '491701234567', error: 'no user "Marta Huber"' }
    expect(await list('&reveal=true')).toMatchObject([whole])
    expect((await caller.get(`/parked-events/${idOf(id)}`)).json).toMatchObject(whole)
  })

  it('is listed and read with its reason, its tries and how many wait', async () => {
    const [bad, behind] = await publish('one', 'one')
    await withoutDeliveries(fanOut)
    const { json: list } = await caller.get('/parked-events')
    expect(list.data.map(({ eventId, state }: { eventId: string; state: string }) => [eventId, state])).toEqual([
      [behind, 'waiting'],
      [bad, 'retrying'],
    ])
    const { json } = await caller.get(`/parked-events/${idOf(bad)}`)
    expect(json).toMatchObject({
      id: idOf(bad),
      follower: 'fan-out',
      eventType: 'a.b',
      subject: 'one',
      state: 'retrying',
      cause: 'HANDLER_THREW',
      attempts: 1,
      waiting: 1,
      nextAttemptAt: new Date(api.clock.now() + 1000).toISOString(),
      afterGap: null,
      endedAt: null,
      event: { id: bad, type: 'a.b' },
    })
    expect(json.error).toContain('no deliveries today')
    expect(json.explanation).toContain('run the event again')
    expect((await caller.get(`/parked-events/${idOf(behind)}`)).json).toMatchObject({
      state: 'waiting',
      nextAttemptAt: null,
      error: null,
      waiting: 0,
    })
  })

  it('can be looked for by follower, state, cause, type, subject and time, page by page', async () => {
    const before = new Date(api.clock.now()).toISOString()
    await publish('one', 'two', 'one')
    await withoutDeliveries(fanOut)
    const count = async (query: string) => (await caller.get(`/parked-events?${query}`)).json.data.length
    expect(await count('follower=fan-out')).toBe(3)
    expect(await count('follower=accounts')).toBe(0)
    expect(await count('state=retrying')).toBe(2)
    expect(await count('cause=HANDLER_THREW')).toBe(2)
    expect(await count('type=a.*&subject=one')).toBe(2)
    expect(await count(`from=${before}`)).toBe(3)
    expect(await count(`to=${before}`)).toBe(0)
    const first = (await caller.get('/parked-events?limit=2')).json
    expect([first.data.length, first.hasMore]).toEqual([2, true])
    expect((await caller.get(`/parked-events?limit=2&cursor=${first.nextCursor}`)).json.data).toHaveLength(1)
    for (const wrong of ['state=gone', 'cause=X', 'type=a*b', 'from=x', 'more=1']) {
      expect((await caller.get(`/parked-events?${wrong}`)).json.code).toBe('INVALID_INPUT')
    }
  })

  it('is not found under an id that is none', async () => {
    for (const id of ['evt_1', 'x.', '.fan-out', `${newId('event', 0)}.fan-out`, `${newId('event', 0)}.nobody`]) {
      expect((await caller.get(`/parked-events/${id}`)).status).toBe(404)
      expect((await caller.post(`/parked-events/${id}/rerun`, {})).status).toBe(404)
      expect((await caller.post(`/parked-events/${id}/dismiss`)).status).toBe(404)
    }
  })
})

describe('running again', () => {
  it('shows in a dry run what would change, and changes nothing', async () => {
    const [bad] = await publish('one')
    await withoutDeliveries(async () => {
      await fanOut()
      await giveUp()
    })
    const dry = await caller.post(`/parked-events/${idOf(bad)}/rerun`, { dryRun: true })
    expect(dry.json).toMatchObject({ outcome: 'handled', changes: [{ kind: 'delivery', endpointId }] })
    expect(await deliveriesOf(bad)).toBe(0)
    expect((await caller.get(`/parked-events/${idOf(bad)}`)).json).toMatchObject({ state: 'parked', attempts: 7 })
  })

  it('handles it once, and says so to whoever asks again', async () => {
    const [bad] = await publish('one')
    await withoutDeliveries(async () => {
      await fanOut()
      await giveUp()
      const { json } = await caller.post(`/parked-events/${idOf(bad)}/rerun`, {})
      expect(json).toMatchObject({ outcome: 'failed', cause: 'HANDLER_THREW', changes: [] })
    })
    const answers = await Promise.all(
      Array.from({ length: 5 }, () => caller.post(`/parked-events/${idOf(bad)}/rerun`, {})),
    )
    const outcomes = answers.map(({ json }) => json.outcome).sort()
    expect(outcomes).toEqual(['already', 'already', 'already', 'already', 'handled'])
    expect(await deliveriesOf(bad)).toBe(1)
    const { json } = await caller.get(`/parked-events/${idOf(bad)}`)
    expect(json).toMatchObject({ state: 'handled', endedAt: new Date(api.clock.now()).toISOString() })
    expect((await caller.post(`/parked-events/${idOf(bad)}/dismiss`)).json.code).toBe('CONFLICT')
  })

  it('takes many by a filter, in the order of the log, page by page', async () => {
    const ids = await publish('one', 'two', 'three')
    await withoutDeliveries(async () => {
      await fanOut()
      await giveUp()
    })
    const rerun = async (more: object) => (await caller.post('/parked-events/rerun', { filter: {}, ...more })).json
    const dry = await rerun({ dryRun: true })
    // News of each that was parked is an event too: it was parked, and no news were told of that.
    expect(dry.data.slice(0, 3).map(({ eventId }: { eventId: string }) => eventId)).toEqual(ids)
    expect(await rerun({ filter: { subject: 'none' } })).toMatchObject({ data: [], handled: 0, hasMore: false })
    const first = await rerun({ limit: 2 })
    expect(first).toMatchObject({ handled: 2, failed: 0, hasMore: true })
    const rest = await rerun({ limit: 2, cursor: first.nextCursor })
    expect(rest.data[0]).toMatchObject({ eventId: ids[2], outcome: 'handled' })
    expect(await Promise.all(ids.map(deliveriesOf))).toEqual([1, 1, 1])
    expect((await caller.post('/parked-events/rerun', {})).json.code).toBe('INVALID_INPUT')
    for (const filter of [{ state: 'waiting' }, { unknown: 1 }, { from: 'x' }]) {
      expect((await caller.post('/parked-events/rerun', { filter })).json.code).toBe('INVALID_INPUT')
    }
  })

  it('shows rows of accounts as they were and would be, to a key that may read them', async () => {
    const { json: source } = await caller.post('/sources', {
      kind: 'stripe',
      name: 'S',
      secret: 'whsec_0123456789abcdef',
    })
    const type = 'stripe.invoice.payment_failed'
    const object = { id: 'in_1', customer: 'cus_1', currency: 'eur', amount_due: 4900 }
    const data = JSON.stringify({ id: 'evt_s', created: 1_800_000_000, data: { object } })
    const event = eventOf({ workspaceId: caller.workspaceId, sourceId: source.id, type, data })
    await api.storage.commit(publishEvent, event)
    api.storage.sql(`CREATE TRIGGER refuse BEFORE INSERT ON payments BEGIN SELECT RAISE(ABORT, 'no'); END`)
    const advancing = { ...call('accounts'), settings: { tiers: {} } }
    const advanced = await advanceReading(api.storage.commit, advance, advancing, readHere([accounts]))
    expect(advanced.failed).toHaveLength(1)
    api.storage.sql('DROP TRIGGER refuse')
    const path = `/parked-events/${event.id}.accounts/rerun`
    const { json } = await caller.post(path, { dryRun: true })
    expect(json.changes).toMatchObject([
      { kind: 'payment', id: 'in_1', before: null, after: { id: 'in_1', status: 'FAILED', amount: 4900 } },
      { kind: 'event', type: 'payment.failed', data: { amount: 4900 } },
    ])
    const lesser = api.caller(
      caller.workspaceId,
      scopes.filter((scope) => scope !== 'accounts.read'),
    )
    expect((await lesser.post(path, { dryRun: true })).json.changes[0]).toEqual({
      kind: 'payment',
      id: 'in_1',
      before: null,
      after: null,
    })
    expect((await caller.get('/accounts/payments/in_1')).status).toBe(404)
    expect((await caller.post(path, {})).json).toMatchObject({ outcome: 'handled' })
    expect((await caller.get('/accounts/payments/in_1')).json).toMatchObject({ status: 'FAILED' })
  })

  it('leaves out one that was dismissed', async () => {
    const [bad] = await publish('one')
    await withoutDeliveries(fanOut)
    const { json } = await caller.post(`/parked-events/${idOf(bad)}/dismiss`)
    expect(json).toMatchObject({ state: 'dismissed', endedAt: new Date(api.clock.now()).toISOString() })
    expect((await caller.post(`/parked-events/${idOf(bad)}/dismiss`)).json).toEqual(json)
    expect((await caller.post(`/parked-events/${idOf(bad)}/rerun`, {})).json).toMatchObject({ outcome: 'dismissed' })
    expect(await deliveriesOf(bad)).toBe(0)
  })
})

it('what is parked for good is news for endpoints, without what is in it', async () => {
  await caller.post('/endpoints', { url: 'https://example.com/news', eventTypes: ['trunkline.event.parked'] })
  const [bad] = await publish('one')
  await withoutDeliveries(async () => {
    await fanOut()
    await giveUp()
  })
  const { data } = (await caller.get('/events?type=trunkline.event.parked')).json
  expect(data).toHaveLength(1)
  expect((await caller.get(`/events/${data[0].id}`)).json.data).toEqual({
    id: idOf(bad),
    eventId: bad,
    follower: 'fan-out',
    eventType: 'a.b',
    cause: 'HANDLER_THREW',
    attempts: 7,
  })
  await fanOut()
  expect(await deliveriesOf(data[0].id)).toBe(1)
})
