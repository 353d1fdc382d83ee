import fc from 'fast-check'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { newId } from '../../base/id.ts'
import { appendRequest } from '../../events/append.ts'
import type { NewRequest } from '../../events/request.ts'
import { type Caller, openTestApi, type TestApi } from '../exercise-api.ts'

let api: TestApi
let caller: Caller
beforeAll(async () => {
  api = await openTestApi()
})
// Each test has a workspace of its own.
beforeEach(async () => {
  caller = api.caller(newId('workspace', api.clock.now()))
  api.stirred.length = 0
})
afterAll(() => api[Symbol.asyncDispose]())

/** A request as a source stored it, with an event of the given data. */
async function receive(body: Buffer, data: string | null, more: Partial<NewRequest> = {}) {
  const now = api.clock.now()
  const id = newId('request', now)
  const { workspaceId } = caller
  const event = {
    workspaceId,
    customer: null,
    sourceId: 'src_1',
    requestId: id,
    subject: null,
    orderKey: null,
    dedupe: null,
  }
  const receipt = await api.storage.commit(appendRequest, {
    id,
    workspaceId,
    sourceId: 'src_1',
    receivedAt: now,
    method: 'POST',
    url: '/in/abcd***',
    headers: [['Content-Type', 'text/html']],
    body,
    bodyBytes: body.length,
    senderAddress: '203.0.113.5',
    verdict: 'verified',
    cause: null,
    detail: null,
    readMs: null,
    verifyMs: 0.25,
    parseMs: null,
    events: [{ ...event, id: newId('event', now), type: 'github.push', data, receivedAt: now }],
    ...more,
  })
  return { requestId: id, eventId: receipt.eventIds[0] ?? '' }
}

describe('publishing an event', () => {
  it('answers its id, once it is on disk, and stirs those who read the log', async () => {
    const { status, json } = await caller.post('/events', {
      type: 'invoice.paid',
      data: { total: 5 },
      subject: 'inv_1',
      customer: 'acme',
      orderKey: 'k',
    })
    expect(status).toBe(202)
    expect(json).toEqual({
      id: expect.stringMatching(/^evt_/),
      type: 'invoice.paid',
      receivedAt: new Date(api.clock.now()).toISOString(),
    })
    expect((await caller.get(`/events/${json.id}`)).json).toEqual({
      id: json.id,
      type: 'invoice.paid',
      subject: 'inv_1',
      customer: 'acme',
      orderKey: 'k',
      sourceId: null,
      requestId: null,
      receivedAt: json.receivedAt,
      erasedAt: null,
      warning: null,
      data: { total: 5 },
    })
    expect(api.stirred).toEqual(['events'])
  })

  it.each([
    '12345678901234567890',
    '1.0',
    '1e999999',
    '{"a":1,"a":2}',
    '"\\ud83d"',
    '{ "a" :\t[ 1 ,\n2 ] }',
    '"}{"',
    'null',
    'false',
    '0',
    '""',
    `${'['.repeat(50_000)}${']'.repeat(50_000)}`,
  ])('keeps its data to the letter', async (data) => {
    const { json } = await caller.post('/events', `{"type":"a.b" , "\\u0064ata": ${data} }`)
    expect(api.storage.sql('SELECT data FROM events WHERE id = ?', json.id)[0]?.data).toBe(data)
    expect((await caller.get(`/events/${json.id}`)).text).toContain(`"data":${data}}`)
    const body = await caller.get(`/events/${json.id}/body`)
    expect([body.headers['content-type'], body.text]).toEqual(['application/json', data])
  })

  it('keeps any JSON to the letter', async () => {
    await fc.assert(
      fc.asyncProperty(fc.json(), async (data) => {
        const { json } = await caller.post('/events', `{"data":${data},"type":"a.b"}`)
        expect((await caller.get(`/events/${json.id}/body`)).text).toBe(data)
      }),
      { numRuns: 40 },
    )
  })

  it.each([
    [{ data: 1 }, '/type'],
    [{ type: 'a.b' }, '/data'],
    [{ type: '', data: 1 }, '/type'],
    [{ type: 'a b', data: 1 }, '/type'],
    [{ type: '.a', data: 1 }, '/type'],
    [{ type: 'x'.repeat(191), data: 1 }, '/type'],
    [{ type: 'trunkline.endpoint.disabled', data: 1 }, '/type'],
    [{ type: 'trunkline.', data: 1 }, '/type'],
    [{ type: 5, data: 1 }, '/type'],
    [{ type: 'a.b', data: 1, subject: '' }, '/subject'],
    [{ type: 'a.b', data: 1, customer: 'x'.repeat(201) }, '/customer'],
    [{ type: 'a.b', data: 1, orderKey: 5 }, '/orderKey'],
    [{ type: 'a.b', data: 1, id: 'evt_mine' }, '/'],
    [{ type: 'a.b', data: 1, workspaceId: 'ws_2' }, '/'],
    [{ type: 'a.b', data: 1, receivedAt: 0 }, '/'],
    [[{ type: 'a.b', data: 1 }], '/'],
    ['"text"', '/'],
    ['null', '/'],
  ])('refuses %j', async (body, at) => {
    const answer = await caller.post('/events', body)
    expect([answer.status, answer.json.code, answer.json.errors?.[0]?.at]).toEqual([400, 'INVALID_INPUT', at])
    expect((await caller.get('/events')).json.data).toEqual([])
    expect(api.stirred).toEqual([])
  })

  it.each(['trunkliner.a', 'a.trunkline.b', 'Trunkline.a'])('may be of the type %s', async (type) => {
    expect((await caller.post('/events', { type, data: 1 })).status).toBe(202)
  })
})

describe('an event that came in', () => {
  it('shows the sender’s JSON to the letter, and its bytes as they came, never as a page', async () => {
    const bytes = Buffer.from('\u{FEFF}{"id":12345678901234567890 , "a":1,"a":2}<script>')
    const { eventId, requestId } = await receive(bytes, '{"id":12345678901234567890 , "a":1,"a":2}')
    const shown = await caller.get(`/events/${eventId}`)
    expect(shown.text).toContain('"data":{"id":12345678901234567890 , "a":1,"a":2}}')
    expect(shown.json).toMatchObject({ requestId, sourceId: 'src_1', type: 'github.push' })
    const body = await api.app.inject({
      url: `/api/v1/events/${eventId}/body`,
      headers: { authorization: `Bearer ${caller.key}` },
    })
    expect(body.rawPayload.equals(bytes)).toBe(true)
    expect(body.headers).toMatchObject({
      'content-type': 'application/octet-stream',
      'content-disposition': 'attachment',
      'x-content-type-options': 'nosniff',
    })
  })

  it('without JSON has data null, and its bytes all the same', async () => {
    const { eventId } = await receive(Buffer.from([0, 255, 1]), null)
    expect((await caller.get(`/events/${eventId}`)).json.data).toBeNull()
    expect((await caller.get(`/events/${eventId}/body`)).status).toBe(200)
  })
})

describe('the list of events', () => {
  const types = async (query: string) => {
    const answer = await caller.get(`/events?${query}`)
    return answer.status === 200 ? answer.json.data.map((each: { type: string }) => each.type) : answer.json.code
  }

  it('is newest first, and without data', async () => {
    for (const type of ['a', 'b', 'c']) await caller.post('/events', { type, data: 'much' })
    expect(await types('')).toEqual(['c', 'b', 'a'])
    expect((await caller.get('/events')).text).not.toContain('much')
  })

  it('can be asked for a type, a source and a time', async () => {
    const begin = api.clock.now()
    for (const type of ['orders.paid', 'orders.paid.late', 'ordersx', 'users.made']) {
      await caller.post('/events', { type, data: 1 })
      api.clock.advance(1000)
    }
    await receive(Buffer.from('{}'), '{}')
    expect(await types('type=orders.paid')).toEqual(['orders.paid'])
    expect(await types('type=orders.*')).toEqual(['orders.paid.late', 'orders.paid'])
    expect(await types('source=src_1')).toEqual(['github.push'])
    expect(await types(`from=${begin + 1000}&to=${begin + 3000}`)).toEqual(['ordersx', 'orders.paid.late'])
    const iso = (ms: number) => encodeURIComponent(new Date(ms).toISOString().replace('Z', '+00:00'))
    expect(await types(`from=${iso(begin + 1000)}&to=${iso(begin + 3000)}`)).toEqual(['ordersx', 'orders.paid.late'])
  })

  it.each([
    'limit=0',
    'limit=101',
    'limit=x',
    'limit=1.5',
    'limit=',
    'limit=5&limit=6',
    'from=yesterday',
    'from=2026-01-01',
    'from=-1',
    'from=',
    'from=0x10',
    'to=2026-01-01T00:00:00',
    'unknown=1',
    'type=**',
    'type=a%25',
    'type=.*',
    'type=',
    `type=${'x'.repeat(201)}`,
    `cursor=${'x'.repeat(1001)}`,
  ])('cannot be asked for %s', async (query) => {
    const answer = await caller.get(`/events?${query}`)
    expect([answer.status, answer.json.code]).toEqual([400, 'INVALID_INPUT'])
    expect(answer.json.errors[0].at).toMatch(/^\/query(\/|$)/)
  })
})
