import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { newId } from '../../base/id.ts'
import { settleAttempt } from '../../outbound/delivery/settle.ts'
import { claimLanes } from '../../outbound/lane/claim.ts'
import { makeSettle } from '../../storage/exercise/rows.ts'
import { type Caller, openTestApi, type TestApi } from '../exercise-api.ts'
import { fanOut } from '../exercise-calls.ts'

let api: TestApi
let caller: Caller
let endpointId: string
beforeAll(async () => {
  api = await openTestApi()
})
beforeEach(async () => {
  caller = api.caller(newId('workspace', api.clock.now()))
  endpointId = (await caller.post('/endpoints', { url: 'https://example.com/hooks', ordering: 'key' })).json.id
})
afterAll(() => api[Symbol.asyncDispose]())

/** Publishes events of these keys; answers the ids of their deliveries. */
async function deliver(...keys: (string | undefined)[]): Promise<string[]> {
  const ids: string[] = []
  for (const orderKey of keys) {
    const event = (await caller.post('/events', { type: 'a.b', data: 1, ...(orderKey && { orderKey }) })).json.id
    await fanOut(api)
    ids.push((await caller.get(`/deliveries?event=${event}&endpoint=${endpointId}`)).json.data[0].id)
  }
  return ids
}

/** Has the deliveries that are due fail for good. */
async function failAll(): Promise<void> {
  const now = api.clock.now()
  const lanes = [{ endpointId, limit: 10, inHand: [] }]
  const claim = { owner: 'proc_1', now, lanes, giveBack: [], seek: { limit: 0, dueBefore: 0 }, maxDataBytes: 0 }
  const { taken } = await api.storage.commit(claimLanes, claim)
  for (const { generation, due } of taken)
    for (const each of due)
      await api.storage.commit(
        settleAttempt,
        makeSettle(endpointId, generation ?? 0, each, {
          status: 'failed',
          attempt: { status: 500, cause: 'SERVER_ERROR', startedAt: now },
        }),
      )
}

const statusOf = async (id: string | undefined) => (await caller.get(`/deliveries/${id}`)).json.status
const blocked = async (query = '') => (await caller.get(`/endpoints/${endpointId}/blocked-keys${query}`)).json

describe('an endpoint’s ordering', () => {
  it('is none unless it says otherwise, can be changed, and is one of three', async () => {
    expect((await caller.post('/endpoints', { url: 'https://example.com/' })).json.ordering).toBe('none')
    const change = (ordering: unknown) => caller.patch(`/endpoints/${endpointId}`, { ordering })
    expect((await change('endpoint')).json.ordering).toBe('endpoint')
    const refused = await change('strict')
    expect([refused.status, refused.json.errors[0].at]).toEqual([400, '/ordering'])
  })

  it('counts for deliveries that are made after a change', async () => {
    const [a, b] = await deliver('k', 'k')
    await caller.patch(`/endpoints/${endpointId}`, { ordering: 'none' })
    const [c] = await deliver('k')
    await caller.patch(`/endpoints/${endpointId}`, { ordering: 'endpoint' })
    const [d, e] = await deliver('x', undefined)
    expect(await Promise.all([a, b, c, d, e].map(statusOf))).toEqual([
      ...['pending', 'waiting'],
      'pending',
      ...['pending', 'waiting'],
    ])
  })
})

describe('what holds up a key', () => {
  it('is listed with how many wait behind it, its key masked like everything personal', async () => {
    const [first] = await deliver('+49 30 1234567', '+49 30 1234567', '+49 30 1234567')
    expect((await blocked()).data).toEqual([])
    await failAll()
    const { data } = await blocked()
    expect(data).toEqual([
      {
        orderKey: expect.not.stringContaining('1234567'),
        deliveryId: first,
        eventId: expect.stringMatching(/^evt_/),
        eventType: 'a.b',
        cause: 'SERVER_ERROR',
        attempts: 1,
        blockedAt: expect.stringMatching(/Z$/),
        waiting: 2,
      },
    ])
    expect((await blocked('?reveal=true')).data[0].orderKey).toBe('+49 30 1234567')
  })

  it('is listed in pages', async () => {
    const ids = await deliver('a', 'b', 'c')
    await failAll()
    const page = await blocked('?limit=2')
    expect(page.hasMore).toBe(true)
    const rest = await blocked(`?limit=2&cursor=${page.nextCursor}`)
    expect([...page.data, ...rest.data].map((each: { deliveryId: string }) => each.deliveryId).sort()).toEqual(
      [...ids].sort(),
    )
  })

  it('is nobody’s of an endpoint that is not there', async () => {
    expect((await caller.get(`/endpoints/${newId('endpoint', 0)}/blocked-keys`)).status).toBe(404)
  })
})

describe('skipping a delivery', () => {
  it('lets what waits behind it go, tells those who deliver, and is told as an event', async () => {
    const [first, second] = await deliver('k', 'k')
    await failAll()
    expect(await statusOf(second)).toBe('waiting')
    api.clock.advance(1000)
    const { status, json } = await caller.post(`/deliveries/${first}/skip`)
    expect([status, json.id, json.status, json.cause]).toEqual([200, first, 'failed', 'SKIPPED'])
    expect(['pending', 'sending']).toContain(await statusOf(second))
    expect((await blocked()).data).toEqual([])
    expect(api.stirred).toContain(endpointId)
    const [told] = (await caller.get('/events?type=trunkline.delivery.skipped')).json.data
    expect((await caller.get(`/events/${told.id}`)).json.data).toMatchObject({
      id: first,
      endpointId,
      attempts: 1,
      reason: 'request',
    })
  })

  it('is refused with the reason where nothing waits for it', async () => {
    const [plain, first] = await deliver(undefined, 'k')
    const refused = await caller.post(`/deliveries/${plain}/skip`)
    expect([refused.status, refused.json.code]).toEqual([409, 'CONFLICT'])
    expect(refused.json.detail).toContain('stands in no order')
    expect((await caller.post(`/deliveries/${first}/skip`)).status).toBe(200)
    expect((await caller.post(`/deliveries/${first}/skip`)).json.detail).toContain('has ended as failed')
  })

  it('can be undone by a retry, which waits for its turn', async () => {
    const [first, second] = await deliver('k', 'k')
    await caller.post(`/deliveries/${first}/skip`)
    expect((await caller.post(`/deliveries/${first}/retry`)).json).toMatchObject({ status: 'waiting', cause: null })
    await caller.post(`/deliveries/${second}/skip`)
    expect(['pending', 'sending']).toContain(await statusOf(first))
  })
})
