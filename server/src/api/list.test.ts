import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { newId } from '../base/id.ts'
import { type Answer, type Caller, openTestApi, type TestApi } from './exercise-api.ts'
import { fanOut } from './exercise-calls.ts'

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

/** Reads a list to its end, page by page; `between` happens between two pages. */
async function readAll(
  path: string,
  limit: number,
  between: () => Promise<unknown> = async () => {},
): Promise<string[]> {
  const ids: string[] = []
  let cursor = ''
  for (;;) {
    const { status, json } = await caller.get(`${path}limit=${limit}${cursor}`)
    expect(status).toBe(200)
    expect(json.data.length).toBeLessThanOrEqual(limit)
    expect(json.hasMore).toBe(json.nextCursor !== null)
    if (json.hasMore) expect(json.data).toHaveLength(limit)
    ids.push(...json.data.map((each: { id: string }) => each.id))
    if (!json.hasMore) return ids
    cursor = `&cursor=${json.nextCursor}`
    await between()
  }
}

const publish = async (type = 'a.b') => (await caller.post('/events', { type, data: 1 })).json.id as string
const endpoint = async () => (await caller.post('/endpoints', { url: 'https://example.com/' })).json.id as string
const source = async () => (await caller.post('/sources', { kind: 'standard-webhooks', name: 'x' })).json.id as string

describe('the pages of a list', () => {
  it.each([
    ['/sources?', source],
    ['/endpoints?', endpoint],
    ['/events?', () => publish()],
  ])('of %s hold everything once, newest first, at any size', async (path, make) => {
    const made: string[] = []
    for (let i = 0; i < 11; i++) made.unshift(await make())
    const whole = await readAll(path, 100)
    expect([...whole].sort()).toEqual(expect.arrayContaining([...made].sort()))
    for (const limit of [1, 2, 3, 5, 10, 11, 12]) expect(await readAll(path, limit)).toEqual(whole)
  })

  it('do not lose or repeat what was there while more comes in', async () => {
    const before: string[] = []
    for (let i = 0; i < 25; i++) before.unshift(await publish('a.b'))
    const seen = await readAll('/events?type=a.*&', 4, async () => {
      api.clock.advance(1)
      await publish('a.b')
      await publish('a.c')
      await publish('b.c')
    })
    expect(seen).toEqual(before)
  })

  it('do not lose or repeat deliveries while more come in', async () => {
    await endpoint()
    for (let i = 0; i < 30; i++) await publish()
    await fanOut(api)
    const before = await readAll('/deliveries?', 100)
    expect(before).toHaveLength(30)
    const seen = await readAll('/deliveries?', 7, async () => {
      api.clock.advance(1)
      await publish()
      await fanOut(api)
    })
    expect(seen).toEqual(before)
  })

  it('of nothing are one', async () => {
    const none = { data: [], nextCursor: null, hasMore: false }
    expect((await caller.get('/endpoints')).json).toEqual(none)
    expect((await caller.get('/events')).json).toEqual({ ...none, lookedBackTo: null })
  })

  it('hold twenty unless asked otherwise', async () => {
    for (let i = 0; i < 21; i++) await publish()
    expect((await caller.get('/events')).json.data).toHaveLength(20)
  })

  it('may change their size in between', async () => {
    for (let i = 0; i < 10; i++) await publish()
    const first = await caller.get('/events?limit=3')
    const second = await caller.get(`/events?limit=100&cursor=${first.json.nextCursor}`)
    expect(second.json.data).toHaveLength(7)
  })
})

describe('a cursor', () => {
  const code = ({ status, json }: Answer) => [status, json.code]
  let cursor: string
  beforeEach(async () => {
    await endpoint()
    await endpoint()
    for (let i = 0; i < 4; i++) await publish()
    await fanOut(api)
    cursor = (await caller.get('/events?limit=1&type=a.*')).json.nextCursor
    expect(cursor).not.toBeNull()
  })

  it.each([
    ['/events?', 'without its filter'],
    ['/events?type=b.*&', 'with another filter'],
    ['/events?type=a.*&from=0&', 'with one filter more'],
    ['/deliveries?type=a.*&', 'in another list'],
    ['/endpoints?', 'in a list of other things'],
  ])('is refused in %s (%s)', async (path) => {
    expect(code(await caller.get(`${path}cursor=${cursor}`))).toEqual([400, 'INVALID_CURSOR'])
  })

  it('is refused in another workspace', async () => {
    const stranger = api.caller('ws_stranger')
    expect(code(await stranger.get(`/events?type=a.*&cursor=${cursor}`))).toEqual([400, 'INVALID_CURSOR'])
  })

  it.each(['x', '%00', 'AAAA', '../..', 'null', '0'.repeat(1000)])('that was made up (%s) is refused', async (text) => {
    expect(code(await caller.get(`/events?cursor=${text}`))).toEqual([400, 'INVALID_CURSOR'])
  })

  it('that was changed is refused', async () => {
    const changed = (cursor.startsWith('A') ? 'B' : 'A') + cursor.slice(1)
    expect(code(await caller.get(`/events?type=a.*&cursor=${changed}`))).toEqual([400, 'INVALID_CURSOR'])
  })

  it('tells nothing that the list does not', async () => {
    const text = Buffer.from(cursor, 'base64url').toString('latin1')
    expect(text).not.toContain(caller.workspaceId)
    expect(text).not.toContain('a.*')
  })
})
