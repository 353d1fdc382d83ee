import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { scopes } from '../access/scope.ts'
import { defaultWorkspaceId } from '../base/id.ts'
import { testReader } from '../stream/exercise-reader.ts'
import { boundContext } from './bound.ts'
import { type Answer, type Caller, openTestApi, type TestApi } from './exercise-api.ts'
import { callOperation, fanOut, type Holdings, populate, randomIdOf, thingOf } from './exercise-calls.ts'
import { operations } from './operations.ts'

/** A server with things of two customers and of nobody, and a key that is bound to one of them. */
let api: TestApi
let whole: Caller
let acme: Caller
let owned: Record<'acme' | 'bravo' | 'nobody', Holdings>

beforeAll(async () => {
  api = await openTestApi()
  whole = api.caller()
  acme = api.caller(defaultWorkspaceId, scopes, 'acme')
  owned = {
    acme: await populate(api, whole, 'acme'),
    bravo: await populate(api, whole, 'bravo'),
    nobody: await populate(api, whole, null),
  }
})
afterAll(() => api[Symbol.asyncDispose]())

const open = operations.filter(({ bound }) => bound !== undefined)
/** Things that can be a customer's; the others are the workspace's whatever customer is named beside them. */
const ownable = ['endpoint', 'event', 'delivery', 'subscription', 'payment', 'user', 'key', 'job'] as const
const ids = (holdings: Holdings) => ownable.map((thing) => holdings[thing])
const foreign = () => [...ids(owned.bravo), ...ids(owned.nobody)]
const masked = ({ status, text }: Answer) => `${status} ${text.replace(/\b[a-z]+_[0-9a-z]{26}\b/g, 'ID')}`

/** Every row that is not the customer's, of every table that has customers. */
const others = () =>
  [
    ...['endpoints', 'events', 'deliveries', 'lanes', 'credentials', 'subscriptions', 'payments', 'users', 'sources'],
    'jobs',
  ].map((table) => api.storage.sql(`SELECT * FROM ${table} WHERE customer IS NULL OR customer <> 'acme' ORDER BY 1, 2`))

describe('a key that is bound to a customer', () => {
  it('may not use what is about the whole workspace', async () => {
    const before = others()
    for (const operation of operations.filter(({ bound }) => bound === undefined)) {
      for (const holdings of Object.values(owned)) {
        const answer = await callOperation(acme, operation, holdings)
        expect([operation.name, answer.status, answer.json.code]).toEqual([operation.name, 403, 'KEY_BOUND'])
        for (const id of foreign()) expect(answer.text).not.toContain(id)
      }
    }
    expect((await api.call('GET', '/metrics', acme.key)).json.code).toBe('KEY_BOUND')
    expect(others()).toEqual(before)
  })

  it('meets what is another’s, or nobody’s, like an id that there is not, on every operation', async () => {
    const before = others()
    const ofOne = open.filter((each) => thingOf(each) !== undefined)
    expect(ofOne.length).toBeGreaterThan(8)
    for (const operation of ofOne) {
      const thing = thingOf(operation) ?? 'endpoint'
      const none = await callOperation(acme, operation, { [thing]: randomIdOf(thing, api.clock.now()) })
      for (const holdings of [owned.bravo, owned.nobody]) {
        const answer = await callOperation(acme, operation, holdings)
        expect([operation.name, answer.status]).toEqual([operation.name, 404])
        const told = (text: string) => text.replace(/(sub|in|user)_[0-9a-z]+/g, 'ID')
        expect(told(masked(answer))).toBe(told(masked(none)))
      }
    }
    expect(others()).toEqual(before)
  })

  it('finds and changes what is its own, on every operation', async () => {
    const own = await populate(api, whole, 'acme')
    // What deletes comes last.
    const inTurn = open.toSorted((a, b) => Number(a.method === 'DELETE') - Number(b.method === 'DELETE'))
    for (const operation of inTurn) {
      const answer = await callOperation(acme, operation, own)
      expect([operation.name, answer.status]).toEqual([operation.name, operation.status])
    }
  })

  it('sees nobody else’s in any list, under any filter that it may give', async () => {
    const queries = [
      '',
      '?limit=100',
      `?endpoint=${owned.bravo.endpoint}`,
      `?event=${owned.nobody.event}`,
      '?customer=acme',
    ]
    let listed = 0
    for (const { path, method, output } of open) {
      if (method !== 'GET' || path.includes(':') || !output) continue
      for (const query of queries) {
        const { status, text } = await acme.get(path + query)
        expect([200, 400]).toContain(status)
        for (const id of foreign()) if (!query.includes(id)) expect(text, path + query).not.toContain(id)
        for (const customer of text.matchAll(/"customer":("[^"]*"|null)/g)) expect(customer[1]).toBe('"acme"')
        listed++
      }
    }
    expect(listed).toBeGreaterThanOrEqual(30)
  })

  it('follows its own events, whatever the others’ are, also when it asks for all', async () => {
    const actor = { credentialId: 'cred_1', workspaceId: defaultWorkspaceId, customer: 'acme', scopes, expiresAt: null }
    const context = { actor, workspaceId: actor.workspaceId, reads: api.storage.reads, streams: api.streams }
    const streaming = operations.find(({ name }) => name === 'streamEvents')
    if (!streaming) throw new Error('there is no stream')
    const { streams } = await boundContext(context, streaming, { params: {}, query: {}, body: {} })
    const reader = testReader()
    const { workspaceId, credentialId } = actor
    const stream = {
      workspaceId,
      credentialId,
      holder: credentialId,
      after: undefined,
      isRevealed: false,
      recheck: async () => {},
    }
    const opened = await streams.open({ ...stream, wanted: {} })
    opened.serve(reader.out)
    const publish = async (customer: string | null) =>
      (await whole.post('/events', { type: 'orders.paid', data: 1, customer })).json.id
    await publish('bravo')
    await publish(null)
    const own = await publish('acme')
    api.streams.wake()
    await vi.waitFor(() => expect(reader.events()).toContain(own), { timeout: 10_000, interval: 5 })
    expect(reader.events()).toEqual([own])
    reader.out.destroy()
  })

  it('may name no other customer, whatever it asks for', async () => {
    const asked = [
      await acme.get('/events?customer=bravo'),
      await acme.get('/events/stream?customer=bravo'),
      await acme.post('/events', { type: 'orders.paid', data: 1, customer: 'bravo' }),
      await acme.post('/endpoints', { url: 'https://example.com/', customer: 'bravo' }),
      await acme.post('/keys', { name: 'x', scopes: ['events.read'], customer: 'bravo' }),
    ]
    for (const answer of asked) expect([answer.status, answer.json.code]).toEqual([403, 'KEY_BOUND'])
  })

  it('gets no whole requests, neither read nor delivered: they may tell of others', async () => {
    const url = 'https://example.com/'
    const { json } = await acme.post('/endpoints', { url })
    const asked = [
      await acme.post('/endpoints', { url, payload: 'raw' }),
      await acme.patch(`/endpoints/${json.id}`, { payload: 'raw' }),
    ]
    for (const answer of asked) expect([answer.status, answer.json.code]).toEqual([403, 'KEY_BOUND'])
    expect((await acme.patch(`/endpoints/${json.id}`, { payload: 'standard' })).status).toBe(200)
    api.storage.sql(
      'UPDATE events SET request_id = ? WHERE id = ? RETURNING id',
      owned.nobody.request,
      owned.acme.event,
    )
    expect((await whole.get(`/events/${owned.acme.event}/body`)).text).toBe('{"n":1}')
    api.storage.sql(`UPDATE events SET data = '{"own":1}' WHERE id = ? RETURNING id`, owned.acme.event)
    expect((await acme.get(`/events/${owned.acme.event}/body`)).text).toBe('{"own":1}')
  })

  it('makes things that are its customer’s, without saying so', async () => {
    const made = [
      await acme.post('/endpoints', { url: 'https://example.com/' }),
      await acme.post('/keys', { name: 'x', scopes: ['events.read'] }),
      await acme.get(`/events/${(await acme.post('/events', { type: 'orders.paid', data: 1 })).json.id}`),
    ]
    for (const { json } of made) expect(json.customer).toBe('acme')
    expect((await acme.get(`/endpoints/${made[0]?.json.id}`)).status).toBe(200)
    expect((await api.call('GET', '/api/v1/events?limit=100', made[1]?.json.key)).text).not.toContain(owned.bravo.event)
  })

  it('does not see what its events brought to the operator’s endpoints', async () => {
    const { json } = await acme.post('/events', { type: 'orders.paid', data: 1 })
    await fanOut(api)
    const all = (await whole.get(`/deliveries?event=${json.id}&limit=100`)).json.data as {
      id: string
      endpointId: string
    }[]
    const toOperator = all.find(({ endpointId }) => endpointId === owned.nobody.endpoint)
    const seen = (await acme.get(`/deliveries?event=${json.id}&limit=100`)).json.data as { id: string }[]
    expect(toOperator).toBeDefined()
    expect(seen.length).toBeGreaterThan(0)
    expect(seen.length).toBeLessThan(all.length)
    expect(seen.map(({ id }) => id)).not.toContain(toOperator?.id)
    expect((await acme.get(`/deliveries/${toOperator?.id}`)).status).toBe(404)
    expect((await acme.post(`/deliveries/${toOperator?.id}/retry`)).status).toBe(404)
  })

  it('replays what went to its own endpoints, and counts nothing of anybody else’s', async () => {
    const own = await populate(api, whole, 'acme')
    const filters = (endpointId: string | undefined) => ({ filter: { endpointId, status: ['pending'] } })
    const calls = [
      (of?: string) => acme.post('/replays/plan', filters(of)),
      (of?: string) => acme.post('/replays', filters(of)),
      (of?: string) => acme.post('/deliveries/retry-failed', { endpointId: of }),
      (of?: string) => acme.post('/deliveries/cancel', filters(of)),
      (of?: string) => acme.post('/deliveries/cancel', { ...filters(of), dryRun: true }),
    ]
    const before = others()
    for (const call of calls) {
      for (const of of [owned.bravo.endpoint, owned.nobody.endpoint]) {
        const answer = await call(of)
        expect([answer.status, answer.json.code]).toEqual([404, 'NOT_FOUND'])
      }
      const answer = await call(undefined)
      expect([answer.status, answer.json.code]).toEqual([403, 'KEY_BOUND'])
      expect(answer.json.detail).toContain('endpointId')
    }
    const named = await acme.post('/replays/plan', { filter: { endpointId: own.endpoint, customer: 'bravo' } })
    expect([named.status, named.json.code]).toEqual([403, 'KEY_BOUND'])
    expect(others()).toEqual(before)

    const { json: plan } = await acme.post('/replays/plan', {
      filter: { endpointId: own.endpoint, status: ['pending'], include: ['missed'] },
    })
    const atOwn = api.storage.sql(`SELECT id, customer FROM deliveries WHERE endpoint_id = ?`, own.endpoint)
    expect(plan.count).toBe(plan.missed + atOwn.length)
    expect(atOwn.length).toBeGreaterThan(0)
    for (const { endpointId, customer } of plan.sample) expect([endpointId, customer]).toEqual([own.endpoint, 'acme'])
    const { json: missed } = await acme.get(`/endpoints/${own.endpoint}/missed`)
    for (const { endpointId, customer } of missed.sample) expect([endpointId, customer]).toEqual([own.endpoint, 'acme'])

    const { json: job } = await acme.post('/replays', filters(own.endpoint))
    expect(job).toMatchObject({
      customer: 'acme',
      kind: 'replay',
      args: { endpointId: own.endpoint, customer: 'acme' },
    })
    expect((await acme.get(`/jobs/${job.id}`)).json.id).toBe(job.id)
    expect((await whole.get('/jobs?customer=acme')).json.data.map(({ id }: { id: string }) => id)).toContain(job.id)
    expect((await acme.post(`/jobs/${job.id}/cancel`)).json.status).toBe('cancelled')
    expect((await whole.get(`/jobs/${owned.nobody.job}`)).json.customer).toBeNull()
  })

  it('keeps to its own in any order of calls', async () => {
    // Without the stream: one key has few at a time.
    const named = new Map(open.flatMap((each) => (each.name === 'streamEvents' ? [] : [[each.name, each] as const])))
    const call = fc.record({
      name: fc.constantFrom(...named.keys()),
      of: fc.constantFrom('acme' as const, 'bravo' as const, 'nobody' as const),
    })
    const before = others()
    await fc.assert(
      fc.asyncProperty(fc.array(call, { minLength: 2, maxLength: 6 }), async (calls) => {
        for (const { name, of } of calls) {
          const operation = named.get(name) ?? operations[0]
          if (operation === undefined) throw new Error(`there is no operation ${name}`)
          const answer = await callOperation(acme, operation, owned[of])
          const thing = thingOf(operation)
          if (of !== 'acme' && thing !== undefined) expect([name, answer.status]).toEqual([name, 404])
          else expect([name, [200, 201, 202, 204, 404, 409].includes(answer.status)]).toEqual([name, true])
          // By its path, or in its body.
          const asked = owned[of][thing ?? 'endpoint']
          for (const id of foreign()) if (id !== asked) expect(answer.text).not.toContain(id)
        }
      }),
      { numRuns: 100 },
    )
    expect(others()).toEqual(before)
  })
})
