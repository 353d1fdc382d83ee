import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { scopes } from '../../access/scope.ts'
import { defaultWorkspaceId } from '../../base/id.ts'
import { openTestApi, type TestApi } from '../exercise-api.ts'

let api: TestApi
beforeEach(async () => {
  api = await openTestApi()
})
afterEach(() => api[Symbol.asyncDispose]())

const call = (key: string, path: string) => api.call('GET', `/api/v1${path}`, key)

describe('a key', () => {
  it('is shown once, works at once, and only its hash is stored', async () => {
    const maker = api.caller()
    // Of two keys of one millisecond either may come first in a list.
    api.clock.advance(1)
    const made = await maker.post('/keys', { name: 'billing', scopes: ['events.read', 'events.read'] })
    expect(made.status).toBe(201)
    const { key, ...rest } = made.json
    expect(key).toMatch(/^osk_[0-9A-Za-z]{48}$/)
    expect(rest).toEqual({
      id: rest.id,
      name: 'billing',
      preview: key.slice(0, 12),
      scopes: ['events.read'],
      customer: null,
      origin: 'api',
      createdAt: new Date(api.clock.now()).toISOString(),
      expiresAt: null,
      revokedAt: null,
    })
    expect((await call(key, '/events')).status).toBe(200)
    expect((await call(key, '/endpoints')).json.code).toBe('SCOPE_MISSING')
    expect((await maker.get(`/keys/${rest.id}`)).json).toEqual(rest)
    expect((await maker.get('/keys?limit=1')).json.data).toEqual([rest])
    expect(JSON.stringify(api.storage.sql('SELECT * FROM credentials'))).not.toContain(key)
    expect(JSON.stringify(api.lines)).not.toContain(key)
    expect(api.lines.map(({ event }) => event)).toContain('key.created')
  })

  it('is out of force within a second of being revoked, and stays on record', async () => {
    const maker = api.caller()
    const { id, key } = (await maker.post('/keys', { name: 'x', scopes: ['events.read'] })).json
    expect((await call(key, '/events')).status).toBe(200)
    const at = new Date(api.clock.now()).toISOString()
    for (let i = 0; i < 2; i++) expect((await maker.delete(`/keys/${id}`)).status).toBe(204)
    api.clock.advance(1000)
    expect((await call(key, '/events')).json.code).toBe('UNAUTHENTICATED')
    expect((await maker.get(`/keys/${id}`)).json.revokedAt).toBe(at)
  })

  it('is out of force by itself when its time is over, to the millisecond, and makes none that outlives it', async () => {
    const maker = api.caller()
    const give = { name: 'portal', scopes: ['keys.write', 'events.read'], customer: 'acme' }
    const made = (await maker.post('/keys', { ...give, expiresInSeconds: 3600 })).json
    const end = api.clock.now() + 3_600_000
    expect(made.expiresAt).toBe(new Date(end).toISOString())
    const make = (more: object) => api.call('POST', '/api/v1/keys', made.key, { ...give, ...more })
    api.clock.advance(600_000)
    const heir = (await make({})).json
    expect(heir.expiresAt).toBe(made.expiresAt)
    expect((await make({ expiresInSeconds: 60 })).json.expiresAt).toBe(new Date(api.clock.now() + 60_000).toISOString())
    const longer = await make({ expiresInSeconds: 3001 })
    expect([longer.json.code, longer.json.errors]).toEqual([
      'INVALID_INPUT',
      [{ at: '/expiresInSeconds', message: 'must be at most 3000: the key that makes it expires then' }],
    ])
    api.clock.advance(end - api.clock.now() - 1)
    for (const { key } of [made, heir]) expect((await call(key, '/events')).status).toBe(200)
    api.clock.advance(1)
    for (const { key } of [made, heir]) expect((await call(key, '/events')).json.code).toBe('UNAUTHENTICATED')
    expect((await maker.get(`/keys/${made.id}`)).json).toMatchObject({ expiresAt: made.expiresAt, revokedAt: null })
  })

  it('that expires does not stand in for the last one that makes keys', async () => {
    const maker = api.caller()
    const [own] = (await maker.get('/keys')).json.data
    await maker.post('/keys', { name: 'for a day', scopes: ['keys.write'], expiresInSeconds: 86_400 })
    expect((await maker.delete(`/keys/${own.id}`)).status).toBe(409)
  })

  it('gives no more than it has', async () => {
    const lesser = api.caller(defaultWorkspaceId, ['keys.write', 'keys.read', 'webhooks.manage'])
    const given = (allowed: readonly string[]) => lesser.post('/keys', { name: 'x', scopes: allowed })
    for (const wrong of [scopes, ['events.read'], ['keys.write', 'metrics.read']]) {
      const answer = await given(wrong)
      expect([answer.status, answer.json.code]).toEqual([403, 'SCOPE_MISSING'])
    }
    expect((await given(['metrics.read'])).json.detail).toContain('"metrics.read"')
    expect((await given(['endpoints.write', 'keys.write'])).status).toBe(201)
    expect((await lesser.get('/keys')).json.data).toHaveLength(2)
  })

  it('is refused without a name, without scopes, and with what is none', async () => {
    const maker = api.caller()
    const good = { name: 'x', scopes: ['events.read'] }
    for (const wrong of [
      { name: '' },
      { scopes: [] },
      { scopes: ['events.everything'] },
      { customer: '' },
      { expiresInSeconds: 59 },
      { expiresInSeconds: 1e12 },
      { expiresInSeconds: 60.5 },
      { more: 1 },
    ])
      expect((await maker.post('/keys', { ...good, ...wrong })).json.code).toBe('INVALID_INPUT')
  })

  it('cannot be revoked when it is the variable’s, or the last one that makes keys', async () => {
    const maker = api.caller()
    api.storage.sql(`UPDATE credentials SET origin = 'environment' RETURNING id`)
    const [own] = (await maker.get('/keys')).json.data
    const environment = await maker.delete(`/keys/${own.id}`)
    expect([environment.status, environment.json.detail]).toEqual([409, expect.stringContaining('TRUNKLINE_API_KEY')])
    api.storage.sql(`UPDATE credentials SET origin = 'first' RETURNING id`)
    await maker.post('/keys', { name: 'bound', scopes: ['keys.write'], customer: 'acme' })
    const last = await maker.delete(`/keys/${own.id}`)
    expect([last.status, last.json.detail]).toEqual([409, expect.stringContaining('keys.write')])
    await maker.post('/keys', { name: 'next', scopes: ['keys.write'] })
    expect((await maker.delete(`/keys/${own.id}`)).status).toBe(204)
  })
})

describe('webhooks.manage', () => {
  it('stands for reading and changing endpoints and deliveries, and nothing else', async () => {
    const manager = api.caller(defaultWorkspaceId, ['webhooks.manage'])
    const made = await manager.post('/endpoints', { url: 'https://example.com/hooks' })
    expect(made.status).toBe(201)
    expect((await manager.get('/deliveries')).status).toBe(200)
    expect((await manager.post('/deliveries/none/retry')).status).toBe(404)
    for (const path of ['/events', '/sources', '/keys', '/jobs']) expect((await manager.get(path)).status).toBe(403)
  })
})
