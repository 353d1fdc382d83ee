import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { scopes } from '../../access/scope.ts'
import { defaultWorkspaceId } from '../../base/id.ts'
import { type Caller, openTestApi, type TestApi } from '../exercise-api.ts'
import { fanOut } from '../exercise-calls.ts'

let api: TestApi
let caller: Caller
beforeEach(async () => {
  api = await openTestApi()
  caller = api.caller()
})
afterEach(() => api[Symbol.asyncDispose]())

const publish = async (customer: string | null) =>
  (await caller.post('/events', { type: 'orders.paid', data: 1, customer })).json.id as string
const endpointOf = async (customer: string | null) =>
  (await caller.post('/endpoints', { url: 'https://example.com/hooks', eventTypes: ['orders.*'], customer })).json
    .id as string
const none = { count: 0, isAtLeast: false }
const one = { count: 1, isAtLeast: false }

describe('an event of a customer', () => {
  it('goes to that customer’s endpoints and to those without one, and one of nobody only to the latter', async () => {
    const [acme, bravo, operators] = [await endpointOf('acme'), await endpointOf('bravo'), await endpointOf(null)]
    const [ofAcme, ofNobody] = [await publish('acme'), await publish(null)]
    await fanOut(api)
    const reached = async (event: string) =>
      (await caller.get(`/deliveries?event=${event}`)).json.data.map((each: { endpointId: string }) => each.endpointId)
    expect((await reached(ofAcme)).sort()).toEqual([acme, operators].sort())
    expect(await reached(ofNobody)).toEqual([operators])
    const { data } = (await caller.get('/deliveries?customer=acme')).json
    expect(data.map(({ eventId }: { eventId: string }) => eventId)).toEqual([ofAcme, ofAcme])
    expect((await caller.get(`/deliveries?customer=acme&endpoint=${bravo}`)).json.data).toEqual([])
  })
})

describe('the list of customers', () => {
  it('has everybody whom something names, with how much there is, page by page', async () => {
    await endpointOf('bravo')
    await endpointOf(null)
    await publish('acme')
    await publish('acme')
    await publish(null)
    await caller.post('/sources', { kind: 'standard-webhooks', name: 'Orders', customer: 'carol' })
    await fanOut(api)
    const lastEventAt = new Date(api.clock.now()).toISOString()
    const two = { count: 2, isAtLeast: false }
    const first = (await caller.get('/customers?limit=2')).json
    expect(first.data).toEqual([
      { customer: 'acme', endpoints: none, events: two, deliveries: two, lastEventAt },
      // The news of the endpoint is an event of its customer too.
      { customer: 'bravo', endpoints: one, events: one, deliveries: none, lastEventAt },
    ])
    const rest = (await caller.get(`/customers?limit=2&cursor=${first.nextCursor}`)).json
    expect([rest.data.map(({ customer }: { customer: string }) => customer), rest.hasMore]).toEqual([['carol'], false])
    const bound = api.caller(defaultWorkspaceId, scopes, 'bravo')
    expect((await bound.get('/customers')).json).toEqual({ data: [first.data[1]], nextCursor: null, hasMore: false })
    const nobody = api.caller(defaultWorkspaceId, scopes, 'nobody')
    expect((await nobody.get('/customers')).json.data).toEqual([])
  })

  it('counts to a thousand and says that there are more', async () => {
    api.storage.sql(
      `WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1001)
       INSERT INTO events (id, workspace_id, customer, type, data_bytes, received_at)
       SELECT 'evt_' || i, ?, CASE WHEN i = 1 THEN 'one' ELSE 'many' END, 'a.b', 0, i FROM n RETURNING id`,
      defaultWorkspaceId,
    )
    const events = (await caller.get('/customers')).json.data.map((each: { events: unknown }) => each.events)
    expect(events).toEqual([{ count: 1000, isAtLeast: false }, one])
    await publish('many')
    expect((await caller.get('/customers')).json.data[0].events).toEqual({ count: 1000, isAtLeast: true })
  })
})

describe('lists that are narrowed to a customer', () => {
  it('of requests and parked events hold what is that one’s', async () => {
    const source = (await caller.post('/sources', { kind: 'standard-webhooks', name: 'Orders', customer: 'acme' })).json
    expect((await caller.post(`/sources/${source.id}/sample`, { event: 'user.created' })).status).toBe(200)
    const found = async (list: string, customer: string) =>
      (await caller.get(`/${list}?customer=${customer}`)).json.data.length
    expect([await found('requests', 'acme'), await found('requests', 'bravo')]).toEqual([1, 0])
    for (const customer of ['acme', 'bravo']) {
      const id = await publish(customer)
      api.storage.sql(
        `INSERT INTO parked (follower, seq, event_id, workspace_id, event_type, error, attempts, due_at)
         SELECT 'fan-out', seq, id, workspace_id, type, 'why', 7, 0 FROM events WHERE id = ? RETURNING seq`,
        id,
      )
    }
    expect([await found('parked-events', 'acme'), await found('parked-events', 'nobody')]).toEqual([1, 0])
  })

  it('are found by an index of customers, on the way to a page among a million', async () => {
    for (const [table, order] of [
      ['events', 'seq'],
      ['deliveries', 'id'],
      ['endpoints', 'id'],
    ]) {
      const plan = api.storage.sql(
        `EXPLAIN QUERY PLAN SELECT id FROM ${table} WHERE workspace_id = ? AND customer = ? ORDER BY ${order} DESC LIMIT 20`,
        ...[defaultWorkspaceId, 'acme'],
      )
      const steps = plan.map(({ detail }) => String(detail))
      expect(steps).toEqual([expect.stringMatching(`USING (COVERING )?INDEX ${table}_of_customer`)])
    }
  })
})
