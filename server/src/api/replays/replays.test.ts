import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { newId } from '../../base/id.ts'
import { type Caller, openTestApi, type TestApi } from '../exercise-api.ts'
import { fanOut } from '../exercise-calls.ts'

let api: TestApi
let caller: Caller
let endpointId: string
beforeAll(async () => {
  api = await openTestApi()
})
// Each test has a workspace of its own.
beforeEach(async () => {
  caller = api.caller(newId('workspace', api.clock.now()))
  endpointId = (await caller.post('/endpoints', { url: 'https://example.com/hooks', eventTypes: ['a.*'] })).json.id
  api.clock.advance(1000)
  api.stirred.length = 0
})
afterAll(() => api[Symbol.asyncDispose]())

/** Publishes events of which those with deliveries end like this. */
async function deliver(types: readonly string[], status: 'failed' | 'success' | 'pending' = 'failed'): Promise<void> {
  for (const type of types) {
    await caller.post('/events', { type, data: 1 })
    api.clock.advance(1000)
  }
  await fanOut(api)
  const number = { pending: 0, success: 2, failed: 3 }[status]
  api.storage.sql(
    `UPDATE deliveries SET status = ?, ended_at = ?, attempts = 10, cause = 'SERVER_ERROR'
     WHERE workspace_id = ? AND status = 0 RETURNING id`,
    ...[number, number === 0 ? null : api.clock.now(), caller.workspaceId],
  )
}

const sent = ['a.one', 'b', 'a.two', 'a.one']

describe('a plan', () => {
  it('tells how many would be sent, and shows the first ten, oldest first', async () => {
    await deliver([...sent, ...sent, ...sent, ...sent])
    const { json } = await caller.post('/replays/plan', {})
    expect(json).toMatchObject({ count: 12, isAtLeast: false, missed: 0 })
    expect(json.sample).toHaveLength(10)
    expect(json.sample[0]).toMatchObject({
      ...{ endpointId, eventType: 'a.one', status: 'failed', cause: 'SERVER_ERROR', attempts: 10, customer: null },
    })
    expect(json.sample.map(({ at }: { at: string }) => at)).toEqual(
      json.sample.map(({ at }: { at: string }) => at).sort(),
    )
    const narrow = await caller.post('/replays/plan', { filter: { type: 'a.two', endpointId } })
    expect(narrow.json).toMatchObject({ count: 4 })
    expect((await caller.post('/replays/plan', { filter: { status: ['success'] } })).json.count).toBe(0)
    expect((await caller.post('/replays/plan', { filter: { orderKey: 'k' } })).json.count).toBe(0)
    expect((await caller.post('/replays/plan', { filter: { where: { data: 1 } } })).json.count).toBe(12)
    expect((await caller.post('/replays/plan', { filter: { where: { data: 2 } } })).json.count).toBe(0)
  })

  it('ends after a second, whatever is asked for, and says that there are more', async () => {
    await deliver(['a.one'])
    const { elapsed } = api.clock
    let calls = 0
    // Each look at the time is one hundred milliseconds later.
    api.clock.elapsed = () => elapsed() + 100 * calls++
    try {
      for (let i = 0; i < 3; i++) {
        const { json } = await caller.post('/replays/plan', {})
        expect(json.count).toBe(1)
      }
      api.clock.elapsed = () => elapsed() + 2000 * calls++
      expect((await caller.post('/replays/plan', {})).json).toMatchObject({ count: 0, isAtLeast: true })
    } finally {
      api.clock.elapsed = elapsed
    }
  })

  it('refuses what it cannot mean', async () => {
    const refused = async (filter: object) => (await caller.post('/replays/plan', { filter })).json
    expect(await refused({ include: ['missed'] })).toMatchObject({
      code: 'INVALID_INPUT',
      errors: [{ at: '/filter/include' }],
    })
    expect(await refused({ status: ['waiting'] })).toMatchObject({ code: 'INVALID_INPUT' })
    expect(await refused({ status: [] })).toMatchObject({ code: 'INVALID_INPUT' })
    expect(await refused({ cause: 'NO_SUCH' })).toMatchObject({ code: 'INVALID_INPUT' })
    expect(await refused({ where: { 'data.n': { $regex: '.*' } } })).toMatchObject({
      code: 'INVALID_INPUT',
      errors: [{ at: expect.stringMatching(/^\/filter\/where\//) }],
    })
    expect(await refused({ wrong: 1 })).toMatchObject({ code: 'INVALID_INPUT' })
    expect(await refused({ endpointId: newId('endpoint', api.clock.now()) })).toMatchObject({ code: 'NOT_FOUND' })
    const other = api.caller(newId('workspace', api.clock.now()))
    const answer = await other.post('/replays/plan', { filter: { endpointId } })
    expect(answer.json).toMatchObject({ code: 'NOT_FOUND' })
  })
})

describe('a replay', () => {
  it('becomes a job with what it was asked for, who asked, and a bound in time', async () => {
    await deliver(sent)
    const asked = { filter: { type: 'a.*', cause: 'SERVER_ERROR', from: '2020-01-01T00:00:00Z' }, perSecond: 50 }
    const { status, json } = await caller.post('/replays', asked)
    expect(status).toBe(202)
    expect(json).toMatchObject({ kind: 'replay', status: 'running', count: 3, isAtLeast: false, perSecond: 50 })
    expect(json.args).toMatchObject({
      ...{ type: 'a.*', cause: 'SERVER_ERROR', status: ['failed'], from: '2020-01-01T00:00:00.000Z' },
      ...{ to: new Date(api.clock.now() + 1).toISOString() },
    })
    expect(api.stirred).toEqual(expect.arrayContaining(['jobs', 'events']))
    const [told] = (await caller.get('/events?type=trunkline.job.started')).json.data
    expect((await caller.get(`/events/${told.id}`)).json.data).toMatchObject({
      ...{ id: json.id, kind: 'replay', startedBy: expect.stringMatching(/^cred_/), args: json.args },
    })
    expect((await caller.get(`/jobs/${json.id}`)).json.id).toBe(json.id)
  })

  it('is refused for an endpoint that takes nothing', async () => {
    await deliver(sent)
    await caller.patch(`/endpoints/${endpointId}`, { status: 'disabled' })
    for (const [path, body] of [
      ['/replays', { filter: { endpointId } }],
      ['/deliveries/retry-failed', { endpointId }],
    ] as const) {
      const { json } = await caller.post(path, body)
      expect(json).toMatchObject({ code: 'CONFLICT', detail: expect.stringContaining(endpointId) })
    }
    expect((await caller.post('/replays/plan', { filter: { endpointId } })).json.count).toBe(3)
  })

  it('of everything that failed is one call', async () => {
    await deliver(sent)
    const { json } = await caller.post('/deliveries/retry-failed', { perSecond: 5 })
    expect(json).toMatchObject({ kind: 'replay', count: 3, perSecond: 5, args: { status: ['failed'] } })
    const one = await caller.post('/deliveries/retry-failed', { endpointId })
    expect(one.json).toMatchObject({ count: 3, args: { endpointId } })
  })
})

describe('what an endpoint has missed', () => {
  it('is what failed, and what it would get today and has no delivery of', async () => {
    await deliver(sent)
    await caller.patch(`/endpoints/${endpointId}`, { eventTypes: ['**'] })
    const since = new Date(api.clock.now() - 60_000).toISOString()
    const { json } = await caller.get(`/endpoints/${endpointId}/missed?since=${since}`)
    expect(json).toMatchObject({ since, count: 4, failed: 3, missed: 1, isAtLeast: false })
    expect(json.sample[1]).toMatchObject({ deliveryId: null, eventType: 'b', status: null, endpointId })
    const replay = await caller.post('/replays', { filter: { endpointId, include: ['missed'], from: since } })
    expect(replay.json).toMatchObject({ count: 4, args: { include: ['missed'], upTo: expect.any(Number) } })
  })

  it('is nothing of what fan-out has still to see, and nothing from before deliveries are kept', async () => {
    await deliver(sent)
    await caller.post('/events', { type: 'a.one', data: 1 })
    expect((await caller.get(`/endpoints/${endpointId}/missed`)).json).toMatchObject({ count: 3, missed: 0 })
    api.clock.advance(89 * 24 * 60 * 60 * 1000)
    expect((await caller.get(`/endpoints/${endpointId}/missed?since=0`)).json).toMatchObject({ count: 3 })
    api.clock.advance(24 * 60 * 60 * 1000)
    const { json } = await caller.get(`/endpoints/${endpointId}/missed?since=0`)
    expect(json).toMatchObject({ count: 0 })
    expect(Date.parse(json.since)).toBeGreaterThan(api.clock.now() - 90 * 24 * 60 * 60 * 1000)
  })
})

describe('cancelling', () => {
  it('tells how many are meant, or becomes a job', async () => {
    await deliver(sent, 'pending')
    const dry = await caller.post('/deliveries/cancel', { filter: { endpointId }, dryRun: true })
    expect([dry.status, dry.json.count]).toEqual([200, 3])
    const { status, json } = await caller.post('/deliveries/cancel', { filter: { type: 'a.two' } })
    expect(status).toBe(202)
    expect(json).toMatchObject({ kind: 'cancel-deliveries', count: 1, args: { status: ['pending', 'waiting'] } })
    const all = await caller.post('/deliveries/cancel', {})
    expect(all.json).toMatchObject({ code: 'INVALID_INPUT', errors: [{ at: '/filter' }] })
    const ended = await caller.post('/deliveries/cancel', { filter: { status: ['failed'] } })
    expect(ended.json).toMatchObject({ code: 'INVALID_INPUT' })
  })
})

describe('cleaning', () => {
  it('tells how many would go, or becomes a job', async () => {
    await deliver(sent)
    const dry = await caller.post('/deliveries/clean', { keep: 1, dryRun: true })
    expect([dry.status, dry.json]).toEqual([200, { count: 2, isAtLeast: false }])
    const age = { endedBefore: new Date(api.clock.now() + 1).toISOString(), status: ['failed'] }
    expect((await caller.post('/deliveries/clean', { ...age, dryRun: true })).json.count).toBe(3)
    const { status, json } = await caller.post('/deliveries/clean', { ...age, endpointId, perSecond: 9 })
    expect(status).toBe(202)
    expect(json).toMatchObject({ kind: 'clean-deliveries', count: 3, perSecond: 9, args: { ...age, endpointId } })
    expect((await caller.post('/deliveries/clean', {})).json).toMatchObject({
      code: 'INVALID_INPUT',
      errors: [{ at: '/endedBefore' }],
    })
  })
})
