import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { newId } from '../../base/id.ts'
import { openSecrets } from '../../inbound/secrets.ts'
import { sourceDefinitions } from '../../inbound/sources/index.ts'
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

const github = { kind: 'github', name: 'Repositories', secret: 'It is a secret to everybody' }
/** Joined here, so that no scanner takes it for a secret of somebody's account. */
const stripeSecret = ['whsec', 'onesecretforthetests'].join('_')

async function secretsOf(id: string): Promise<string[]> {
  const source = await api.storage.reads.sources.read(caller.workspaceId, id)
  return source ? openSecrets(source, api.seal) : []
}

describe('creating a source', () => {
  it('answers where the provider posts to, an address that cannot be guessed', async () => {
    const { status, json } = await caller.post('/sources', { ...github, customer: 'acme' })
    expect(status).toBe(201)
    expect(json).toEqual({
      id: expect.stringMatching(/^src_/),
      kind: 'github',
      name: 'Repositories',
      url: expect.stringMatching(/^https:\/\/hooks\.example\.com\/in\/[\w-]{32}$/),
      customer: 'acme',
      config: {},
      status: 'enabled',
      held: 0,
      fixedPath: null,
      origin: 'api',
      rateLimit: null,
      secrets: [{ preview: '…body', expiresAt: null }],
      createdAt: new Date(api.clock.now()).toISOString(),
      updatedAt: new Date(api.clock.now()).toISOString(),
    })
    expect((await caller.get(`/sources/${json.id}`)).json).toEqual(json)
    expect((await caller.post('/sources', github)).json.url).not.toBe(json.url)
    expect(api.stirred).toContain('sources')
  })

  it('keeps the provider’s secret sealed, and never shows it', async () => {
    const { text, json } = await caller.post('/sources', github)
    expect(await secretsOf(json.id)).toEqual([github.secret])
    const shown = [text, (await caller.get(`/sources/${json.id}`)).text, (await caller.get('/sources')).text].join()
    expect(shown).not.toContain(github.secret)
    expect(JSON.stringify(api.storage.sql('SELECT * FROM sources'))).not.toContain(github.secret)
  })

  it('makes a secret where we may choose it, and shows it this once', async () => {
    const { json } = await caller.post('/sources', { kind: 'standard-webhooks', name: 'x' })
    expect(json.secret).toMatch(/^whsec_/)
    expect(json.config).toEqual({ toleranceSeconds: 300, eventPrefix: 'standard-webhooks' })
    expect(await secretsOf(json.id)).toEqual([json.secret])
    expect((await caller.get(`/sources/${json.id}`)).json.secret).toBeUndefined()
    const given = await caller.post('/sources', { kind: 'standard-webhooks', name: 'x', secret: json.secret })
    expect(given.json.secret).toBeUndefined()
  })

  it('is news', async () => {
    const { json } = await caller.post('/sources', { ...github, customer: 'acme' })
    const [event] = (await caller.get('/events')).json.data
    expect(event).toMatchObject({ type: 'trunkline.source.created', subject: json.id, customer: 'acme' })
    expect((await caller.get(`/events/${event.id}`)).json.data).toEqual({
      id: json.id,
      kind: 'github',
      name: 'Repositories',
    })
  })

  it.each([
    [{ name: 'x' }, 400, 'INVALID_INPUT', '/kind'],
    [{ kind: 'github', secret: 'long enough a secret' }, 400, 'INVALID_INPUT', '/name'],
    [{ ...github, name: '   ' }, 400, 'INVALID_INPUT', '/name'],
    [{ ...github, name: 'x'.repeat(101) }, 400, 'INVALID_INPUT', '/name'],
    [{ ...github, id: 'src_mine' }, 400, 'INVALID_INPUT', '/'],
    [{ ...github, workspaceId: 'ws_2' }, 400, 'INVALID_INPUT', '/'],
    [{ ...github, config: 'x' }, 400, 'INVALID_INPUT', '/config'],
    [{ ...github, config: { unknown: 1 } }, 400, 'INVALID_INPUT', '/config'],
    [
      { kind: 'stripe', name: 'x', secret: stripeSecret, config: { toleranceSeconds: 0 } },
      400,
      'INVALID_INPUT',
      '/config/toleranceSeconds',
    ],
    [{ ...github, customer: '' }, 400, 'INVALID_INPUT', '/customer'],
    [{ ...github, kind: 'telegraph' }, 422, 'SOURCE_KIND_UNKNOWN', undefined],
    [{ ...github, kind: '__proto__' }, 422, 'SOURCE_KIND_UNKNOWN', undefined],
    [{ kind: 'stripe', name: 'x' }, 422, 'SOURCE_SECRET_REFUSED', '/secret'],
    [{ ...github, secret: '' }, 422, 'SOURCE_SECRET_REFUSED', '/secret'],
    [{ kind: 'stripe', name: 'x', secret: 'not a signing secret' }, 422, 'SOURCE_SECRET_REFUSED', '/secret'],
    [{ ...github, secret: 'x'.repeat(501) }, 400, 'INVALID_INPUT', '/secret'],
  ])('refuses %j', async (body, status, code, at) => {
    const answer = await caller.post('/sources', body)
    expect([answer.status, answer.json.code]).toEqual([status, code])
    expect(answer.json.errors?.[0]?.at).toBe(at)
    expect((await caller.get('/sources')).json.data).toEqual([])
    if ('secret' in body && body.secret !== '') expect(answer.text).not.toContain(body.secret)
  })
})

describe('a source without a secret', () => {
  const refused = (answer: { status: number; json: { code?: string; errors?: { at: string }[] } }) =>
    expect([answer.status, answer.json.code, answer.json.errors?.[0]?.at]).toEqual([
      422,
      'SOURCE_SECRET_REFUSED',
      '/secret',
    ])

  it('is asked for none, and refuses one, when its kind proves nothing', async () => {
    const { status, json } = await caller.post('/sources', { kind: 'generic', name: 'Scales' })
    expect([status, json.secret]).toEqual([201, undefined])
    expect(await secretsOf(json.id)).toEqual([])
    const secret = 'a secret that would prove nothing'
    const answer = await caller.post('/sources', { kind: 'generic', name: 'Scales', secret })
    refused(answer)
    expect(answer.json.detail).toBe(
      'a Generic source takes no secret: nothing is signed, and its URL is all the proof there is',
    )
    refused(await caller.post('/sources', { kind: 'generic', name: 'Scales', secret: '' }))
    refused(await caller.patch(`/sources/${json.id}`, { secret }))
    refused(await caller.patch(`/sources/${json.id}`, { secret, keepPreviousSecret: true }))
    expect(await secretsOf(json.id)).toEqual([])
    expect((await caller.patch(`/sources/${json.id}`, { name: 'Other scales' })).status).toBe(200)
  })

  it('may be given one later, when its kind leaves the choice', async () => {
    const { json } = await caller.post('/sources', { kind: 'cloudevents', name: 'Broker' })
    expect(json.secret).toBeUndefined()
    expect(await secretsOf(json.id)).toEqual([])
    const secret = 'a-token-of-more-than-16'
    await caller.patch(`/sources/${json.id}`, { secret, keepPreviousSecret: true })
    expect(await secretsOf(json.id)).toEqual([secret])
    refused(await caller.post('/sources', { kind: 'cloudevents', name: 'Broker', secret: 'short' }))
    refused(await caller.post('/sources', { kind: 'cloudevents', name: 'Broker', secret: '' }))
    const given = await caller.post('/sources', { kind: 'cloudevents', name: 'Broker', secret })
    expect(await secretsOf(given.json.id)).toEqual([secret])
  })
})

describe('changing a source', () => {
  it('changes what is named and nothing else', async () => {
    const { json } = await caller.post('/sources', github)
    api.clock.advance(1000)
    const changed = await caller.patch(`/sources/${json.id}`, { name: 'Renamed', status: 'disabled' })
    const updatedAt = new Date(api.clock.now()).toISOString()
    expect(changed.json).toEqual({ ...json, name: 'Renamed', status: 'disabled', updatedAt })
    expect((await caller.get(`/sources/${json.id}`)).json).toEqual(changed.json)
    expect(await secretsOf(json.id)).toEqual([github.secret])
    expect((await caller.patch(`/sources/${json.id}`, { status: 'enabled' })).json.status).toBe('enabled')
  })

  it('may put a new secret in the place of the former one, or beside it while the provider changes over', async () => {
    const { id } = (await caller.post('/sources', github)).json
    await caller.patch(`/sources/${id}`, { secret: 'the second secret', keepPreviousSecret: true })
    expect(await secretsOf(id)).toEqual(['the second secret', github.secret])
    await caller.patch(`/sources/${id}`, { secret: 'the third secret', keepPreviousSecret: true })
    expect(await secretsOf(id)).toEqual(['the third secret', 'the second secret'])
    await caller.patch(`/sources/${id}`, { secret: 'the third secret', keepPreviousSecret: true })
    expect(await secretsOf(id)).toEqual(['the third secret'])
    await caller.patch(`/sources/${id}`, { secret: 'the fourth secret' })
    expect(await secretsOf(id)).toEqual(['the fourth secret'])
  })

  it('sets the settings anew, with their defaults', async () => {
    const { id } = (
      await caller.post('/sources', {
        kind: 'stripe',
        name: 'x',
        secret: stripeSecret,
        config: { toleranceSeconds: 60 },
      })
    ).json
    expect((await caller.patch(`/sources/${id}`, { name: 'y' })).json.config).toEqual({ toleranceSeconds: 60 })
    expect((await caller.patch(`/sources/${id}`, { config: {} })).json.config).toEqual({ toleranceSeconds: 300 })
  })

  it('is news that names what was changed, not to what', async () => {
    const { id } = (await caller.post('/sources', { ...github, customer: 'acme' })).json
    await caller.patch(`/sources/${id}`, { secret: 'the second secret', name: 'y' })
    const [event] = (await caller.get('/events')).json.data
    expect(event).toMatchObject({ type: 'trunkline.source.updated', customer: 'acme' })
    expect((await caller.get(`/events/${event.id}`)).json.data).toEqual({ id, changed: ['name', 'secret'] })
  })

  it.each([
    [{ kind: 'stripe' }, 400, 'INVALID_INPUT', '/'],
    [{ key: 'x' }, 400, 'INVALID_INPUT', '/'],
    [{ keepPreviousSecret: true }, 400, 'INVALID_INPUT', '/keepPreviousSecret'],
    [{ status: 'asleep' }, 400, 'INVALID_INPUT', '/status'],
    [{ secret: '' }, 422, 'SOURCE_SECRET_REFUSED', '/secret'],
    [{ config: { a: 1 } }, 400, 'INVALID_INPUT', '/config'],
    [null, 400, 'INVALID_INPUT', '/'],
    [[], 400, 'INVALID_INPUT', '/'],
  ])('refuses %j', async (body, status, code, at) => {
    const { id } = (await caller.post('/sources', github)).json
    const before = api.storage.sql('SELECT * FROM sources')
    const answer = await caller.patch(`/sources/${id}`, body)
    expect([answer.status, answer.json.code, answer.json.errors?.[0]?.at]).toEqual([status, code, at])
    expect(api.storage.sql('SELECT * FROM sources')).toEqual(before)
  })
})

describe('deleting a source', () => {
  it('takes it away; what it received stays', async () => {
    const { id } = (await caller.post('/sources', { ...github, customer: 'acme' })).json
    const { status, text } = await caller.delete(`/sources/${id}`)
    expect([status, text]).toEqual([204, ''])
    expect((await caller.get(`/sources/${id}`)).status).toBe(404)
    expect((await caller.delete(`/sources/${id}`)).status).toBe(404)
    expect((await caller.get('/sources')).json.data).toEqual([])
    const { data } = (await caller.get('/events')).json
    expect(data.map((each: { type: string }) => each.type)).toEqual([
      'trunkline.source.deleted',
      'trunkline.source.created',
    ])
    expect(data[0].customer).toBe('acme')
  })
})

describe('the kinds', () => {
  it('are told with their settings', async () => {
    const { data } = (await caller.get('/sources/kinds')).json
    expect(data.map((each: { kind: string }) => each.kind)).toEqual([...sourceDefinitions.keys()])
    const find = (kind: string) => data.find((each: { kind: string }) => each.kind === kind)
    const [standard, stripe] = [find('standard-webhooks'), find('stripe')]
    expect([standard.makesSecret, stripe.makesSecret]).toEqual([true, false])
    const origins = ['standard-webhooks', 'stripe', 'cloudevents', 'generic'].map((kind) => find(kind).secret)
    expect(origins).toEqual(['made', 'given', 'optional', 'none'])
    for (const { kind, config } of data)
      expect(config, kind).toMatchObject({ type: 'object', additionalProperties: false })
    expect(stripe.config.properties.toleranceSeconds).toMatchObject({ type: 'integer', default: 300 })
    expect(stripe.maxBodyBytes).toBeGreaterThan(0)
  })
})
