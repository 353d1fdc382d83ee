import fc from 'fast-check'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { newId } from '../../base/id.ts'
import { idempotencyWindowMs } from '../../events/publication.ts'
import { type Answer, type Caller, openTestApi, type TestApi } from '../exercise-api.ts'

let api: TestApi
let caller: Caller
beforeAll(async () => {
  api = await openTestApi()
})
// Each test has a workspace of its own.
beforeEach(() => {
  caller = api.caller(newId('workspace', api.clock.now()))
  api.stirred.length = 0
})
afterAll(() => api[Symbol.asyncDispose]())

const paid = { type: 'invoice.paid', data: { total: 5 }, subject: 'inv_1', customer: 'acme', orderKey: 'k' }

function publish(key: string, body: unknown = paid, by = caller): Promise<Answer> {
  return api.call('POST', '/api/v1/events', by.key, body, { 'idempotency-key': key })
}

const stored = async (by = caller) => (await by.get('/events?limit=100')).json.data as { id: string }[]

describe('publishing with an Idempotency-Key', () => {
  it('is one event, however often it is sent, and each time the same answer', async () => {
    const first = await publish('once')
    expect([first.status, first.headers['idempotent-replayed']]).toEqual([202, undefined])
    api.clock.advance(5000)
    for (let i = 0; i < 2; i++) {
      const again = await publish('once')
      expect([again.status, again.headers['idempotent-replayed'], again.text]).toEqual([202, 'true', first.text])
    }
    expect(await stored()).toEqual([expect.objectContaining({ id: first.json.id, receivedAt: first.json.receivedAt })])
    expect(api.stirred).toEqual(['events'])
  })

  it('is one event when a hundred send it at once', async () => {
    const together = await Promise.all(Array.from({ length: 100 }, () => publish('at-once')))
    expect(new Set(together.map(({ text }) => text)).size).toBe(1)
    expect(together.filter(({ headers }) => headers['idempotent-replayed'] === undefined)).toHaveLength(1)
    expect(await stored()).toHaveLength(1)
  })

  it.each([
    ['type', { ...paid, type: 'invoice.payed' }],
    ['subject', { ...paid, subject: null }],
    ['customer', { ...paid, customer: 'globex' }],
    ['orderKey', { ...paid, orderKey: 'kk' }],
    ['data', { ...paid, data: { total: 6 } }],
    ['writing of the data', JSON.stringify(paid).replace('5}', '5.0}')],
  ])('is refused with another %s, and publishes nothing', async (_, body) => {
    const first = await publish('k')
    const other = await publish('k', body)
    expect([other.status, other.json.code]).toEqual([422, 'IDEMPOTENCY_KEY_REUSED'])
    expect(other.json.detail).toBe(
      `the Idempotency-Key "k" was sent less than 24 hours ago with another event, ${first.json.id}`,
    )
    expect((await publish('k')).text).toBe(first.text)
    expect(await stored()).toHaveLength(1)
  })

  it('keeps apart what was sent together under several keys', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.nat(4), { minLength: 1, maxLength: 30 }), async (keys) => {
        const by = api.caller(newId('workspace', api.clock.now()))
        const answers = await Promise.all(keys.map((n) => publish(`key-${n}`, { type: 'a.b', data: n }, by)))
        const ids = new Map(keys.map((n, i) => [n, answers[i]?.json.id]))
        expect(answers.map(({ json }) => json.id)).toEqual(keys.map((n) => ids.get(n)))
        expect((await stored(by)).map(({ id }) => id).sort()).toEqual([...ids.values()].sort())
      }),
      { numRuns: 20 },
    )
  })

  it('is another key for another API key, of the same workspace or not', async () => {
    const [same, other] = [api.caller(caller.workspaceId), api.caller(newId('workspace', api.clock.now()))]
    const answers = [await publish('k'), await publish('k', paid, same), await publish('k', paid, other)]
    expect(new Set(answers.map(({ json }) => json.id)).size).toBe(3)
    expect(answers.map(({ headers }) => headers['idempotent-replayed'])).toEqual([undefined, undefined, undefined])
  })

  it('is forgotten after 24 hours', async () => {
    const first = await publish('k')
    api.clock.advance(idempotencyWindowMs - 1)
    expect((await publish('k')).json.id).toBe(first.json.id)
    api.clock.advance(1)
    const next = await publish('k', { ...paid, data: 'new' })
    expect([next.status, next.headers['idempotent-replayed']]).toEqual([202, undefined])
    expect((await publish('k', { ...paid, data: 'new' })).json.id).toBe(next.json.id)
    expect(await stored()).toHaveLength(2)
  })

  it('knows an event that was erased meanwhile', async () => {
    const first = await publish('k')
    expect((await caller.post('/erase', { eventId: first.json.id })).status).toBe(200)
    expect((await publish('k')).text).toBe(first.text)
    expect((await publish('k', { ...paid, data: 1 })).status).toBe(422)
    expect(await stored()).toHaveLength(1)
    expect(api.storage.sql('SELECT key FROM dedupe_keys WHERE event_id = ?', first.json.id)).toEqual([
      { key: expect.stringMatching(/^erased:[0-9a-f]{64}$/) },
    ])
  })

  it('is answered as at first, whatever has become of the type since', async () => {
    const schema = { type: 'object', properties: { total: { type: 'string' } } }
    const register = async (validation: string) => {
      await caller.put(`/event-types/${paid.type}`, { schema, validation })
      api.clock.advance(10_000)
    }
    await caller.post('/event-types', { type: paid.type, schema, validation: 'off' })
    const first = await publish('k')
    expect(first.json.warning).toBeUndefined()
    await register('warn')
    expect((await publish('k')).text).toBe(first.text)
    const warned = await publish('warned')
    expect(warned.json.warning).toContain('must be string')
    await register('reject')
    expect((await publish('k')).text).toBe(first.text)
    expect((await publish('warned')).text).toBe(warned.text)
    expect((await publish('k', { ...paid, data: { total: 7 } })).json.code).toBe('IDEMPOTENCY_KEY_REUSED')
    const refused = await publish('new')
    expect([refused.status, refused.json.code]).toEqual([422, 'EVENT_DATA_REFUSED'])
    // What was refused keeps no key.
    expect((await publish('new', { ...paid, data: { total: '5' } })).status).toBe(202)
    await register('off')
    expect((await publish('warned')).text).toBe(warned.text)
    expect((await caller.get(`/events?type=${paid.type}`)).json.data).toHaveLength(3)
  })

  it.each(['', ' ', 'two words', 'é', 'x'.repeat(256)])('refuses the key %j', async (key) => {
    const { status, json } = await publish(key)
    expect([status, json.code, json.errors?.[0]?.at]).toEqual([400, 'INVALID_INPUT', '/headers/idempotency-key'])
    expect(await stored()).toEqual([])
  })

  it('takes a key of 255 characters', async () => {
    const key = 'x'.repeat(255)
    expect((await publish(key)).json.id).toBe((await publish(key)).json.id)
  })

  it('is new each time without a key', async () => {
    expect((await caller.post('/events', paid)).json.id).not.toBe((await caller.post('/events', paid)).json.id)
  })
})
