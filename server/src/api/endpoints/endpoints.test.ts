import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { newId } from '../../base/id.ts'
import { secretPlace } from '../../outbound/signature/signing-secret.ts'
import { type Caller, openTestApi, type TestApi } from '../exercise-api.ts'

let api: TestApi
let caller: Caller
beforeAll(async () => {
  api = await openTestApi()
})
// Each test has a workspace of its own.
beforeEach(async () => {
  caller = api.caller(newId('workspace', api.clock.now()))
})
afterAll(() => api[Symbol.asyncDispose]())

const url = 'https://example.com/hooks'
const lane = (id: string) => api.storage.sql('SELECT state FROM lanes WHERE endpoint_id = ?', id)[0]?.state

describe('an endpoint that has answered', () => {
  it('is verified until its URL is another one', async () => {
    const { id } = (await caller.post('/endpoints', { url })).json
    const at = api.clock.now()
    api.storage.sql('UPDATE endpoints SET verified_at = ? WHERE id = ? RETURNING id', at, id)
    const changed = async (change: object) => (await caller.patch(`/endpoints/${id}`, change)).json
    expect(await changed({ url, name: 'the same' })).toMatchObject({
      verified: true,
      verifiedAt: new Date(at).toISOString(),
    })
    expect(await changed({ url: `${url}/other` })).toMatchObject({ verified: false, verifiedAt: null })
  })
})

describe('creating an endpoint', () => {
  it('answers it with its defaults, and with its secret, this once', async () => {
    const { status, json } = await caller.post('/endpoints', { url })
    expect(status).toBe(201)
    const { secret, ...shown } = json
    expect(shown).toEqual({
      id: expect.stringMatching(/^ep_/),
      name: '',
      url,
      description: '',
      customer: null,
      eventTypes: ['**'],
      resourceTypes: null,
      filter: null,
      payload: 'standard',
      ordering: 'none',
      headerNames: [],
      retry: { preset: 'standard' },
      timeoutSeconds: 15,
      concurrency: 50,
      rateLimit: null,
      signatures: ['standard'],
      publicKey: null,
      formerSecrets: [],
      status: 'active',
      statusReason: null,
      verified: false,
      verifiedAt: null,
      metadata: {},
      tls: null,
      createdAt: new Date(api.clock.now()).toISOString(),
      updatedAt: new Date(api.clock.now()).toISOString(),
    })
    expect(secret).toMatch(/^whsec_/)
    const flow = { breaker: 'closed', nextProbeAt: null, heldUntil: null, allowedAtOnce: 50, failingSince: null }
    const none = { lastTriggeredAt: null, latestDeliveries: [] }
    expect((await caller.get(`/endpoints/${json.id}`)).json).toEqual({ ...shown, ...none, flow })
    expect((await caller.get('/endpoints')).json.data).toEqual([shown])
    expect(lane(json.id)).toBe('active')
  })

  it('keeps the secret sealed to its row', async () => {
    const { id, secret } = (await caller.post('/endpoints', { url })).json
    const endpoint = await api.storage.reads.endpoints.read(caller.workspaceId, id)
    if (!endpoint) throw new Error('it is not there')
    expect(api.seal.open(endpoint.sealedSecret, secretPlace(endpoint))).toBe(secret)
    expect(JSON.stringify(api.storage.sql('SELECT * FROM endpoints'))).not.toContain(secret)
  })

  it('takes what is given', async () => {
    const settings = {
      url: 'https://example.com:8443/hooks?a=1',
      description: 'Orders',
      eventTypes: ['orders.*', 'trunkline.endpoint.disabled'],
      payload: 'raw',
      concurrency: 1,
      customer: 'acme',
      name: 'Orders of Acme',
      resourceTypes: ['orders', 'trunkline'],
      retry: { preset: 'doubling', baseSeconds: 10, retries: 0 },
      timeoutSeconds: 30,
      filter: { 'data.amount': { $gte: 100 }, $or: [{ subject: 'a' }, { subject: null }] },
      metadata: { team: 'orders', nested: [{ deep: [1, null, true] }] },
    }
    expect((await caller.post('/endpoints', settings)).json).toMatchObject(settings)
  })

  it.each([
    [{}, '/url'],
    [{ url: 5 }, '/url'],
    [{ url: `https://example.com/${'x'.repeat(2050)}` }, '/url'],
    [{ url, eventTypes: [] }, '/eventTypes'],
    [{ url, eventTypes: ['*'] }, '/eventTypes/0'],
    [{ url, eventTypes: ['a.b', 'a b'] }, '/eventTypes/1'],
    [{ url, eventTypes: Array.from({ length: 101 }, () => 'a') }, '/eventTypes'],
    [{ url, eventTypes: '**' }, '/eventTypes'],
    [{ url, payload: 'xml' }, '/payload'],
    [{ url, concurrency: 0 }, '/concurrency'],
    [{ url, concurrency: 1001 }, '/concurrency'],
    [{ url, concurrency: 1.5 }, '/concurrency'],
    [{ url, concurrency: '5' }, '/concurrency'],
    [{ url, description: 'x'.repeat(501) }, '/description'],
    [{ url, customer: '' }, '/customer'],
    [{ url, name: 'x'.repeat(101) }, '/name'],
    [{ url, resourceTypes: [] }, '/resourceTypes'],
    [{ url, resourceTypes: ['orders.paid'] }, '/resourceTypes/0'],
    [{ url, resourceTypes: ['a', ''] }, '/resourceTypes/1'],
    [{ url, retry: null }, '/retry'],
    [{ url, retry: 'standard' }, '/retry'],
    [{ url, retry: { preset: 'never' } }, '/retry'],
    [{ url, retry: { preset: 'standard', retries: 3 } }, '/retry'],
    [{ url, retry: { preset: 'doubling', baseSeconds: 9 } }, '/retry/baseSeconds'],
    [{ url, retry: { preset: 'doubling', baseSeconds: 3601 } }, '/retry/baseSeconds'],
    [{ url, retry: { preset: 'doubling', retries: 11 } }, '/retry/retries'],
    [{ url, retry: { preset: 'doubling', retries: -1 } }, '/retry/retries'],
    [{ url, retry: { delaysSeconds: [-1] } }, '/retry/delaysSeconds/0'],
    [{ url, retry: { delaysSeconds: [7 * 86_400 + 1] } }, '/retry/delaysSeconds/0'],
    [{ url, retry: { delaysSeconds: [0.5] } }, '/retry'],
    [{ url, retry: { delaysSeconds: Array.from({ length: 21 }, () => 1) } }, '/retry'],
    [{ url, timeoutSeconds: 0 }, '/timeoutSeconds'],
    [{ url, timeoutSeconds: 31 }, '/timeoutSeconds'],
    [{ url, timeoutSeconds: 1.5 }, '/timeoutSeconds'],
    [{ url, filter: [] }, '/filter'],
    [{ url, filter: '{}' }, '/filter'],
    [{ url, headers: { host: 'a' } }, '/headers/host'],
    [{ url, headers: { 'X-Team': 'a\r\nhost: b' } }, '/headers/X-Team'],
    [{ url, headers: { a: 'b', A: 'c' } }, '/headers/A'],
    [{ url, headers: { a: 5 } }, '/headers/a'],
    [{ url, headers: [] }, '/headers'],
    [{ url, headers: Object.fromEntries(Array.from({ length: 21 }, (_, i) => [`x-${i}`, 'a'])) }, '/headers'],
    [{ url, metadata: [] }, '/metadata'],
    [{ url, metadata: 'x' }, '/metadata'],
    [{ url, metadata: { a: 'ä'.repeat(2044) + 'xxx' } }, '/metadata'],
    [{ url, secret: 5 }, '/secret'],
    [{ url, status: 'paused' }, '/'],
    [{ url, workspaceId: 'ws_2' }, '/'],
    [{ url, afterSeq: 0 }, '/'],
  ])('refuses %j', async (body, at) => {
    const answer = await caller.post('/endpoints', body)
    expect([answer.status, answer.json.code, answer.json.errors?.[0]?.at]).toEqual([400, 'INVALID_INPUT', at])
    expect((await caller.get('/endpoints')).json.data).toEqual([])
  })

  it('takes metadata of exactly 4 KiB, and refuses what is nested without end', async () => {
    const metadata = { a: 'ä'.repeat(2044) }
    expect((await caller.post('/endpoints', { url, metadata })).json.metadata).toEqual(metadata)
    const depth = 100_000
    const body = `{"url":"${url}","metadata":{"a":${'['.repeat(depth)}${']'.repeat(depth)}}}`
    const answer = await api.call('POST', '/api/v1/endpoints', caller.key, body)
    expect([answer.status, answer.json.errors?.[0]?.at]).toEqual([400, '/metadata'])
  })

  it.each([
    [{ preset: 'standard' }, { preset: 'standard' }],
    [{ preset: 'opencom' }, { preset: 'opencom' }],
    [{ preset: 'doubling' }, { preset: 'doubling', baseSeconds: 60, retries: 3 }],
    [{ delaysSeconds: [] }, { delaysSeconds: [] }],
    [{ delaysSeconds: [0, 604_800] }, { delaysSeconds: [0, 604_800] }],
  ])('knows the retry policy %j', async (retry, shown) => {
    const { id } = (await caller.post('/endpoints', { url, retry })).json
    expect((await caller.get(`/endpoints/${id}`)).json.retry).toEqual(shown)
  })

  it.each([
    'http://example.com/',
    'https://localhost/',
    'https://127.0.0.1/',
    'https://0x7f000001/',
    'https://[::1]/',
    'https://169.254.169.254/latest',
    'https://10.0.0.1/',
    'https://user:pass@example.com/',
    'https://hooks.example.com/in/abcdefgh',
    'https://HOOKS.example.com:443/api/v1/events',
    'ftp://example.com/',
    'file:///etc/passwd',
    'javascript:alert(1)',
    'example.com',
    '',
    ' ',
    'https://',
  ])('refuses the URL %j', async (bad) => {
    const answer = await caller.post('/endpoints', { url: bad })
    expect([answer.status, answer.json.code, answer.json.errors?.[0]?.at]).toEqual([
      422,
      'ENDPOINT_URL_REFUSED',
      '/url',
    ])
    expect(answer.text).not.toContain('pass@')
    expect((await caller.get('/endpoints')).json.data).toEqual([])
  })
})

describe('the headers of an endpoint', () => {
  const value = `Bearer ${newId('event', 0)}`
  const stored = () => JSON.stringify(api.storage.sql('SELECT * FROM endpoints'))

  it('are told by their names only, and stored sealed', async () => {
    const created = await caller.post('/endpoints', { url, headers: { Authorization: value, 'X-Team': 'orders' } })
    expect(created.json.headerNames).toEqual(['authorization', 'x-team'])
    const read = await caller.get(`/endpoints/${created.json.id}`)
    const changed = await caller.patch(`/endpoints/${created.json.id}`, { name: 'other' })
    expect(changed.json.headerNames).toEqual(['authorization', 'x-team'])
    const told = (await caller.get('/events?type=trunkline.*')).text
    for (const text of [created.text, read.text, changed.text, told, stored()]) expect(text).not.toContain(value)
  })

  it('stay with the host that they were given for', async () => {
    const { id } = (await caller.post('/endpoints', { url, headers: { authorization: value } })).json
    const change = (body: object) => caller.patch(`/endpoints/${id}`, body)
    const elsewhere = 'https://elsewhere.example/hooks'
    const refused = await change({ url: elsewhere, name: 'x' })
    expect([refused.status, refused.json.code]).toEqual([409, 'CONFLICT'])
    expect(refused.json.detail).toContain(`were given for ${new URL(url).origin}`)
    expect((await caller.get(`/endpoints/${id}`)).json).toMatchObject({ url, headerNames: ['authorization'] })
    expect((await change({ url: `${new URL(url).origin}/another/path` })).status).toBe(200)
    expect((await change({ url: elsewhere, headers: { 'x-team': 'b' } })).json).toMatchObject({
      url: elsewhere,
      headerNames: ['x-team'],
    })
    expect((await change({ url, headers: {} })).json).toMatchObject({ url, headerNames: [] })
    expect((await change({ url: elsewhere })).status).toBe(200)
  })

  it('are replaced together, and taken away', async () => {
    const { id } = (await caller.post('/endpoints', { url, headers: { authorization: value } })).json
    const names = async (headers: object) => (await caller.patch(`/endpoints/${id}`, { headers })).json.headerNames
    expect(await names({ 'x-team': 'a' })).toEqual(['x-team'])
    expect(await names({})).toEqual([])
  })

  it('are not repeated when they are refused', async () => {
    const answer = await caller.post('/endpoints', { url, headers: { authorization: `${value}\n` } })
    expect(answer.status).toBe(400)
    expect(answer.text).not.toContain(value)
  })
})

describe('the filter of an endpoint', () => {
  it.each([
    [{ 'data.a': { $regex: '^(a+)+$' } }, '/filter/data.a/$regex', /use \$startsWith/],
    [{ amount: 1 }, '/filter/amount', /must begin with one of data/],
    [{ $or: [{ type: 'a' }, { 'data.a': { $gt: null } }] }, '/filter/$or/1/data.a/$gt', /a number or a text/],
    [{}, '/filter', /is empty/],
    [{ 'data.a': { $in: Array.from({ length: 10_000 }, () => 'x') } }, '/filter', /more than 200 parts/],
  ])('is refused where it is wrong', async (filter, at, message) => {
    const answer = await caller.post('/endpoints', { url, filter })
    expect([answer.status, answer.json.code]).toEqual([422, 'FILTER_REFUSED'])
    expect(answer.json.errors).toEqual([{ at, message: expect.stringMatching(message) }])
  })

  it('is refused a thousand deep and more', async () => {
    const { id } = (await caller.post('/endpoints', { url })).json
    for (const depth of [1000, 100_000]) {
      const body = `{"filter":${'{"$not":'.repeat(depth)}{"type":"a"}${'}'.repeat(depth)}}`
      const answer = await api.call('PATCH', `/api/v1/endpoints/${id}`, caller.key, body)
      expect([answer.status, answer.json.code]).toEqual([422, 'FILTER_REFUSED'])
    }
  })

  it('says nothing of what was written by mistake', async () => {
    const answer = await caller.post('/endpoints', { url, filter: { 'marta@orchard.example': { $gt: 1 } } })
    expect(answer.json.code).toBe('FILTER_REFUSED')
    expect(answer.text).not.toContain('marta')
  })
})

describe('changing an endpoint', () => {
  it('changes what is named and nothing else', async () => {
    const { secret, ...before } = (await caller.post('/endpoints', { url, customer: 'acme' })).json
    api.clock.advance(1000)
    const changes = {
      url: 'https://example.org/other',
      eventTypes: ['a'],
      description: 'd',
      payload: 'raw',
      concurrency: 7,
      name: 'n',
      resourceTypes: ['orders'],
      filter: { type: 'a' },
      retry: { delaysSeconds: [5, 60] },
      timeoutSeconds: 1,
      metadata: { a: 1 },
    }
    const { json } = await caller.patch(`/endpoints/${before.id}`, changes)
    expect(json).toEqual({ ...before, ...changes, updatedAt: new Date(api.clock.now()).toISOString() })
    expect((await caller.get(`/endpoints/${before.id}`)).json).toMatchObject(json)
    expect(secret).toBeDefined()
    expect(api.stirred).toContain(before.id)
  })

  it('takes back what was asked for', async () => {
    const settings = {
      resourceTypes: ['orders'],
      filter: { type: 'a' },
      metadata: { a: 1 },
      retry: { preset: 'opencom' },
    }
    const { id } = (await caller.post('/endpoints', { url, ...settings })).json
    const plain = { resourceTypes: null, filter: null, metadata: {}, retry: { preset: 'standard' } }
    await caller.patch(`/endpoints/${id}`, plain)
    expect((await caller.get(`/endpoints/${id}`)).json).toMatchObject(plain)
  })

  it('may pause, disable and start it again, and says why it does not run', async () => {
    const { id } = (await caller.post('/endpoints', { url })).json
    const set = async (status: string) => (await caller.patch(`/endpoints/${id}`, { status })).json
    expect(await set('paused')).toMatchObject({ status: 'paused', statusReason: null })
    expect(lane(id)).toBe('paused')
    expect(await set('disabled')).toMatchObject({ status: 'disabled', statusReason: 'disabled through the API' })
    expect(lane(id)).toBe('disabled')
    expect(await set('active')).toMatchObject({ status: 'active', statusReason: null })
    expect(lane(id)).toBe('active')
  })

  it('of nothing is no change but in time', async () => {
    const { secret: _, ...before } = (await caller.post('/endpoints', { url })).json
    expect((await caller.patch(`/endpoints/${before.id}`, {})).json).toEqual(before)
  })

  it.each([
    [{ customer: 'acme' }, '/'],
    [{ secret: 'x' }, '/'],
    [{ id: 'ep_1' }, '/'],
    [{ status: 'deleted' }, '/status'],
    [{ eventTypes: [] }, '/eventTypes'],
    [{ url: null }, '/url'],
  ])('refuses %j', async (body, at) => {
    const { id } = (await caller.post('/endpoints', { url })).json
    const answer = await caller.patch(`/endpoints/${id}`, body)
    expect([answer.status, answer.json.code, answer.json.errors?.[0]?.at]).toEqual([400, 'INVALID_INPUT', at])
  })

  it('refuses a URL as it does at the beginning', async () => {
    const { id } = (await caller.post('/endpoints', { url })).json
    expect((await caller.patch(`/endpoints/${id}`, { url: 'https://127.0.0.1/' })).json.code).toBe(
      'ENDPOINT_URL_REFUSED',
    )
    expect((await caller.get(`/endpoints/${id}`)).json.url).toBe(url)
  })
})

describe('deleting an endpoint', () => {
  it('takes it away, and tells those who deliver', async () => {
    const { id } = (await caller.post('/endpoints', { url, customer: 'acme' })).json
    expect((await caller.delete(`/endpoints/${id}`)).status).toBe(204)
    expect((await caller.get(`/endpoints/${id}`)).status).toBe(404)
    expect((await caller.get('/endpoints')).json.data).toEqual([])
    expect((await caller.patch(`/endpoints/${id}`, { status: 'active' })).status).toBe(404)
    expect(lane(id)).toBe('deleted')
    expect(api.stirred).toContain(id)
  })
})

it('news of a customer’s endpoint is the customer’s', async () => {
  const { id } = (await caller.post('/endpoints', { url, customer: 'acme' })).json
  await caller.patch(`/endpoints/${id}`, { description: 'x' })
  await caller.delete(`/endpoints/${id}`)
  const { data } = (await caller.get('/events?type=trunkline.*')).json
  expect(data.map(({ type, customer, subject }: Record<string, string>) => [type, customer, subject])).toEqual([
    ['trunkline.endpoint.deleted', 'acme', id],
    ['trunkline.endpoint.updated', 'acme', id],
    ['trunkline.endpoint.created', 'acme', id],
  ])
})

describe('how much an endpoint gets', () => {
  it('is shown as its lane keeps it', async () => {
    const { id } = (await caller.post('/endpoints', { url, rateLimit: { limit: 5, per: 'minute' } })).json
    const now = api.clock.now()
    const breaker = { openedAt: now, until: now + 30_000, waitMs: 30_000 }
    const condition = {
      v: 1,
      limit: 12.5,
      breaker,
      heldUntil: now + 5000,
      failing: { since: now - 1000, attempts: 12 },
    }
    api.storage.sql('UPDATE lanes SET condition = ? WHERE endpoint_id = ?', JSON.stringify(condition), id)
    const shown = (at: number) => new Date(at).toISOString()
    expect((await caller.get(`/endpoints/${id}`)).json).toMatchObject({
      rateLimit: { limit: 5, per: 'minute' },
      flow: {
        breaker: 'open',
        nextProbeAt: shown(now + 30_000),
        heldUntil: shown(now + 5000),
        allowedAtOnce: 1,
        failingSince: shown(now - 1000),
      },
    })
    await caller.patch(`/endpoints/${id}`, { status: 'active', rateLimit: null })
    expect((await caller.get(`/endpoints/${id}`)).json).toMatchObject({ rateLimit: null, flow: { breaker: 'closed' } })
  })

  it.each([
    { limit: 0, per: 'second' },
    { limit: 1.5, per: 'hour' },
    { limit: 5, per: 'day' },
    { limit: 5 },
    5,
    { limit: 2e6, per: 'hour' },
  ])('is refused as a rate: %j', async (rateLimit) => {
    const { status, json } = await caller.post('/endpoints', { url, rateLimit })
    expect(status).toBe(400)
    expect(JSON.stringify(json)).toContain('/rateLimit')
  })
})
