import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { newId } from '../../base/id.ts'
import { percentile } from '../../outbound/delivery/statistics.ts'
import { type Caller, openTestApi, type TestApi } from '../exercise-api.ts'
import { fanOut } from '../exercise-calls.ts'

let api: TestApi
let caller: Caller
beforeAll(async () => {
  api = await openTestApi()
})
beforeEach(() => {
  caller = api.caller(newId('workspace', api.clock.now()))
})
afterAll(() => api[Symbol.asyncDispose]())

const hourMs = 60 * 60 * 1000
const shown = (ms: number) => new Date(ms).toISOString()

/** An endpoint with some deliveries, which end as they are told. */
async function populated(ends: readonly ('success' | 'failed' | 'retrying' | 'pending')[], customer?: string) {
  const own = customer === undefined ? {} : { customer }
  const endpoint = (await caller.post('/endpoints', { url: 'https://example.com/hooks', ...own })).json.id
  for (const end of ends) {
    const event = (await caller.post('/events', { type: 'a.b', data: 1, ...own })).json.id
    await fanOut(api)
    const columns = { success: 'status = 2, attempts = 1', failed: 'status = 3, attempts = 10', pending: 'status = 0' }
    const set = end === 'retrying' ? `attempts = 1, due_at = ${api.clock.now() + hourMs}` : columns[end]
    api.storage.sql(`UPDATE deliveries SET ${set} WHERE event_id = ? AND endpoint_id = ? RETURNING id`, event, endpoint)
  }
  return endpoint as string
}

describe('the statistics of an endpoint', () => {
  it('say how its deliveries of the last day stand, by the hour', async () => {
    const endpoint = await populated(['success', 'success', 'success', 'failed', 'retrying', 'pending'])
    await populated([])
    const { json } = await caller.get(`/endpoints/${endpoint}/stats`)
    expect(json).toMatchObject({
      isComplete: true,
      total: 6,
      success: 3,
      failed: 1,
      pending: 1,
      retrying: 1,
      waiting: 0,
      successRate: 0.75,
      attemptMs: { p50: null, p95: null, p99: null, of: 0 },
    })
    const now = api.clock.now()
    expect(json.parts).toEqual([{ at: shown(now - (now % hourMs)), total: 6, success: 3, failed: 1, unfinished: 2 }])
    expect(json.latest).toHaveLength(6)
    const byDay = (await caller.get(`/endpoints/${endpoint}/stats?by=day`)).json
    expect(byDay.parts).toMatchObject([{ at: shown(now - (now % (24 * hourMs))), total: 6 }])
  })

  it('know nothing of an endpoint that is not there, and no rate where nothing has ended', async () => {
    expect((await caller.get(`/endpoints/${newId('endpoint', 0)}/stats`)).status).toBe(404)
    const endpoint = await populated(['pending'])
    expect((await caller.get(`/endpoints/${endpoint}/stats`)).json.successRate).toBeNull()
  })

  it.each([
    ['from=2027-01-02T00:00:00Z&to=2027-01-01T00:00:00Z', 'must be before "to"'],
    ['from=0', 'ask by day'],
    ['from=0&by=day', 'at most 400 days'],
  ])('are refused for %s', async (query, why) => {
    const { json } = await caller.get(`/stats?${query}`)
    expect([json.code, json.errors[0].at]).toEqual(['INVALID_INPUT', '/query/from'])
    expect(json.detail).toContain(why)
  })
})

describe('the statistics of a workspace', () => {
  it('count all of it, or one customer’s', async () => {
    await populated(['success', 'failed'])
    await populated(['success'], 'acme')
    const all = (await caller.get('/stats')).json
    // The first endpoint asked for every customer's events too.
    expect([all.total, all.success]).toEqual([4, 2])
    expect((await caller.get('/stats?customer=acme')).json).toMatchObject({ total: 2, success: 1 })
    expect((await caller.get('/stats?customer=nobody')).json).toMatchObject({ total: 0, latest: [], parts: [] })
    const other = api.caller(newId('workspace', api.clock.now()))
    expect((await other.get('/stats')).json.total).toBe(0)
  })

  it('measure attempts by nearest rank', () => {
    const values = Array.from({ length: 200 }, (_, n) => n + 1)
    expect([50, 95, 99].map((each) => percentile(values, each))).toEqual([100, 190, 198])
    expect(percentile([7], 99)).toBe(7)
    expect(percentile([], 50)).toBeNull()
  })
})

describe('the queue', () => {
  it('tells what waits, is sent, comes later and has ended', async () => {
    const endpoint = await populated(['pending', 'pending', 'pending', 'retrying', 'success', 'failed'])
    api.clock.advance(90_000)
    const { json } = await caller.get('/queue')
    const { since, oldestDueAt, ...numbers } = json
    expect(numbers).toEqual({
      ...{ waiting: 3, active: 0, delayed: 1, completed: 1, failed: 1, isAtLeast: false, oldestAgeSeconds: 90 },
      ...{ behind: 0, isPaused: false },
    })
    expect([since, oldestDueAt]).toEqual([shown(api.clock.now() - 24 * hourMs), shown(api.clock.now() - 90_000)])
    await caller.patch(`/endpoints/${endpoint}`, { concurrency: 2 })
    api.storage.sql(`UPDATE lanes SET owner = 'proc_1' WHERE endpoint_id = ? RETURNING endpoint_id`, endpoint)
    expect((await caller.get('/queue')).json).toMatchObject({ waiting: 1, active: 2, delayed: 1 })
    await caller.post('/deliveries/pause')
    expect((await caller.get('/queue')).json.isPaused).toBe(true)
  })
})
