import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { newId } from '../../base/id.ts'
import { openSecrets } from '../../inbound/secrets.ts'
import { type Caller, openTestApi, type TestApi } from '../exercise-api.ts'

let api: TestApi
let caller: Caller
beforeAll(async () => {
  api = await openTestApi()
})
// Each test has a workspace of its own.
beforeEach(() => {
  caller = api.caller(newId('workspace', api.clock.now()))
})
afterAll(() => api[Symbol.asyncDispose]())

const hourMs = 3_600_000
const text = (n: number) => `the secret number ${n} of the tests`

async function create(body: object = {}): Promise<string> {
  return (await caller.post('/sources', { kind: 'github', name: 'x', secret: text(0), ...body })).json.id
}
const rotate = (id: string, body: unknown = {}) => caller.post(`/sources/${id}/rotate-secret`, body)
async function valid(id: string): Promise<string[]> {
  const source = await api.storage.reads.sources.read(caller.workspaceId, id)
  return source ? openSecrets(source, api.seal, api.clock.now()) : []
}
const inTime = (ms: number) => new Date(api.clock.now() + ms).toISOString()

describe('rotating a secret', () => {
  it('makes one, shows it this once, and lets the former one verify for a day', async () => {
    const id = await create()
    const { status, json } = await rotate(id)
    expect(status).toBe(200)
    expect(json.secrets).toEqual([
      { preview: `…${json.secret.slice(-4)}`, expiresAt: null },
      { preview: '…ests', expiresAt: inTime(24 * hourMs) },
    ])
    expect(await valid(id)).toEqual([json.secret, text(0)])
    expect(api.stirred).toContain('sources')
    const shown = (await caller.get(`/sources/${id}`)).json
    expect(shown.secret).toBeUndefined()
    expect(shown.secrets).toEqual(json.secrets)

    api.clock.advance(24 * hourMs)
    expect(await valid(id)).toEqual([json.secret])
    expect((await caller.get(`/sources/${id}`)).json.secrets).toHaveLength(1)
  })

  it('takes one that is given, and never shows it', async () => {
    const id = await create()
    const answer = await rotate(id, { secret: text(1), overlapHours: 0.5 })
    expect(answer.text).not.toContain(text(1))
    expect(answer.json.secrets[1].expiresAt).toBe(inTime(hourMs / 2))
    expect(await valid(id)).toEqual([text(1), text(0)])
  })

  it('without an overlap ends every former one at once', async () => {
    const id = await create()
    await rotate(id, { secret: text(1) })
    await rotate(id, { secret: text(2) })
    await rotate(id, { secret: text(3), overlapHours: 0 })
    expect(await valid(id)).toEqual([text(3)])
  })

  it('has three at once at most, and says when there is room again', async () => {
    const id = await create()
    await rotate(id, { secret: text(1), overlapHours: 1 })
    await rotate(id, { secret: text(2) })
    const refused = await rotate(id, { secret: text(3) })
    expect([refused.status, refused.json.code]).toEqual([409, 'CONFLICT'])
    expect(refused.json.detail).toContain(inTime(hourMs))
    expect(await valid(id)).toEqual([text(2), text(1), text(0)])
    api.clock.advance(hourMs)
    expect((await rotate(id, { secret: text(3) })).status).toBe(200)
    expect(await valid(id)).toEqual([text(3), text(2), text(1)])
  })

  it('by two at once is done by one of them, or by both one after the other', async () => {
    const id = await create()
    const answers = await Promise.all([rotate(id, { secret: text(1) }), rotate(id, { secret: text(2) })])
    const done = answers.filter(({ status }) => status === 200).length
    expect(answers.map(({ status }) => status).filter((status) => status !== 200 && status !== 409)).toEqual([])
    expect(done).toBeGreaterThan(0)
    expect(await valid(id)).toHaveLength(1 + done)
  })

  it('after a change that kept the former one ends that one too', async () => {
    const id = await create()
    await caller.patch(`/sources/${id}`, { secret: text(1), keepPreviousSecret: true })
    await rotate(id, { secret: text(2) })
    expect(await valid(id)).toEqual([text(2), text(1), text(0)])
    api.clock.advance(24 * hourMs)
    expect(await valid(id)).toEqual([text(2)])
  })

  it.each([
    [{ secret: text(0) }, 422, 'SOURCE_SECRET_REFUSED', '/secret'],
    [{ secret: 'short' }, 422, 'SOURCE_SECRET_REFUSED', '/secret'],
    [{ overlapHours: 169 }, 400, 'INVALID_INPUT', '/overlapHours'],
    [{ overlapHours: -1 }, 400, 'INVALID_INPUT', '/overlapHours'],
    [{ keepPreviousSecret: true }, 400, 'INVALID_INPUT', '/'],
  ])('refuses %j', async (body, status, code, at) => {
    const id = await create()
    const answer = await rotate(id, body)
    expect([answer.status, answer.json.code, answer.json.errors?.[0]?.at]).toEqual([status, code, at])
    expect(await valid(id)).toEqual([text(0)])
  })

  it('needs the provider’s secret where we cannot make one', async () => {
    const id = await create({ kind: 'stripe', secret: ['whsec', 'onesecretforthetests'].join('_') })
    expect((await rotate(id)).json).toMatchObject({ code: 'SOURCE_SECRET_REFUSED', errors: [{ at: '/secret' }] })
  })

  it('of another workspace’s source, or of none, finds nothing', async () => {
    const id = await create()
    const stranger = api.caller(newId('workspace', api.clock.now()))
    for (const each of [id, 'src_none']) {
      const answer = await stranger.post(`/sources/${each}/rotate-secret`, { secret: text(1) })
      expect([answer.status, answer.json.code]).toEqual([404, 'NOT_FOUND'])
    }
    expect(await valid(id)).toEqual([text(0)])
  })
})

describe('the limit of a source', () => {
  const limit = { requests: 100, perSeconds: 60 }

  it('is set when it is created, changed, taken away, and shown', async () => {
    const id = await create({ rateLimit: limit })
    expect((await caller.get(`/sources/${id}`)).json.rateLimit).toEqual(limit)
    const other = { requests: 1, perSeconds: 86_400 }
    expect((await caller.patch(`/sources/${id}`, { rateLimit: other })).json.rateLimit).toEqual(other)
    expect((await caller.patch(`/sources/${id}`, { name: 'y' })).json.rateLimit).toEqual(other)
    expect((await caller.patch(`/sources/${id}`, { rateLimit: null })).json.rateLimit).toBeNull()
  })

  it.each([
    { requests: 0, perSeconds: 1 },
    { requests: 1, perSeconds: 0 },
    { requests: 1.5, perSeconds: 1 },
    { requests: 1 },
    { requests: 1, perSeconds: 86_401 },
    '100/60',
  ])('cannot be %j', async (rateLimit) => {
    const answer = await caller.post('/sources', { kind: 'github', name: 'x', rateLimit })
    expect([answer.status, answer.json.code]).toEqual([400, 'INVALID_INPUT'])
  })
})
