import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { newId } from '../../base/id.ts'
import type { DeliveryCause } from '../../outbound/delivery/delivery-causes.ts'
import { settleAttempt } from '../../outbound/delivery/settle.ts'
import { claimLanes } from '../../outbound/lane/claim.ts'
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
  endpointId = (await caller.post('/endpoints', { url: 'https://example.com/hooks' })).json.id
})
afterAll(() => api[Symbol.asyncDispose]())

/** Publishes an event; answers the id of its delivery. */
async function deliver(type: string): Promise<{ eventId: string; id: string }> {
  const eventId = (await caller.post('/events', { type, data: 1 })).json.id
  await fanOut(api)
  return { eventId, id: (await caller.get(`/deliveries?event=${eventId}`)).json.data[0].id }
}

/** Records an attempt at a delivery as the engine does. */
async function attempt(
  id: string,
  number: number,
  cause: DeliveryCause | null,
  status: 'pending' | 'success' | 'failed',
) {
  const now = api.clock.now()
  const lanes = [{ endpointId, limit: 1, inHand: [] }]
  const claim = { owner: 'proc_1', now, lanes, giveBack: [], seek: { limit: 0, dueBefore: 0 }, maxDataBytes: 0 }
  const { taken } = await api.storage.commit(claimLanes, claim)
  await api.storage.commit(settleAttempt, {
    endpointId,
    generation: taken[0]?.generation ?? 0,
    workspaceId: caller.workspaceId,
    attempt: {
      id: newId('attempt', now),
      deliveryId: id,
      number,
      startedAt: now,
      status: cause === null ? 200 : 500,
      cause,
      detail: cause === null ? null : 'the receiver answered 500',
      timing: { dnsMs: 1, connectMs: 2.5, tlsMs: null, firstByteMs: 4, totalMs: 9 },
      responseHeaders: [['X-A', 'b']],
      responseBody: 'oh no',
      isTruncated: false,
      signed: { timestamp: 1_700_000_000, sha256: 'ab'.repeat(32) },
      ...(status === 'pending' ? { nextDueAt: now + 5000 } : {}),
    },
    status,
    dueAt: now + 5000,
    tries: number,
    orderKey: null,
    blocksKey: false,
    disable: null,
  })
}

describe('a delivery', () => {
  it('that waits for its first attempt says when', async () => {
    const { id, eventId } = await deliver('a.b')
    const at = new Date(api.clock.now()).toISOString()
    expect((await caller.get(`/deliveries/${id}`)).json).toEqual({
      id,
      endpointId,
      eventId,
      eventType: 'a.b',
      customer: null,
      orderKey: null,
      status: 'pending',
      attempts: 0,
      nextAttemptAt: at,
      cause: null,
      explanation: null,
      advice: null,
      createdAt: at,
      endedAt: null,
      history: [],
    })
  })

  it('shows every attempt, in order, with its cause in a sentence', async () => {
    const { id } = await deliver('a.b')
    await attempt(id, 1, 'SERVER_ERROR', 'pending')
    expect((await caller.get(`/deliveries/${id}`)).json).toMatchObject({
      attempts: 1,
      cause: 'SERVER_ERROR',
      explanation: 'The receiver failed with a 5xx status.',
      advice: 'Read the answer and the log of the receiver.',
      nextAttemptAt: new Date(api.clock.now() + 5000).toISOString(),
    })
    api.clock.advance(5000)
    await attempt(id, 2, null, 'success')
    const { json } = await caller.get(`/deliveries/${id}`)
    expect(json).toMatchObject({ status: 'success', attempts: 2, cause: null, nextAttemptAt: null })
    expect(json.endedAt).not.toBeNull()
    expect(json.history).toEqual([
      {
        number: 1,
        startedAt: new Date(api.clock.now() - 5000).toISOString(),
        status: 500,
        cause: 'SERVER_ERROR',
        explanation: 'The receiver failed with a 5xx status.',
        advice: 'Read the answer and the log of the receiver.',
        detail: 'the receiver answered 500',
        timing: { dnsMs: 1, connectMs: 2.5, tlsMs: null, firstByteMs: 4, totalMs: 9 },
        responseHeaders: [['X-A', 'b']],
        responseBody: 'oh no',
        isTruncated: false,
        signed: { timestamp: 1_700_000_000, sha256: 'ab'.repeat(32) },
        nextAttemptAt: new Date(api.clock.now()).toISOString(),
        erasedAt: null,
      },
      expect.objectContaining({ number: 2, status: 200, cause: null, explanation: null, nextAttemptAt: null }),
    ])
  })
})

describe('the list of deliveries', () => {
  it('can be asked for an endpoint, an event, a type, a status, a cause and a time', async () => {
    const begin = api.clock.now()
    const first = await deliver('orders.paid')
    await attempt(first.id, 1, null, 'success')
    api.clock.advance(1000)
    const second = await deliver('orders.lost')
    await attempt(second.id, 1, 'TLS_EXPIRED', 'failed')
    api.clock.advance(1000)
    const third = await deliver('users.made')
    const ids = async (query: string) =>
      (await caller.get(`/deliveries?${query}`)).json.data.map((each: { id: string }) => each.id)
    expect(await ids('')).toEqual([third.id, second.id, first.id])
    expect(await ids(`endpoint=${endpointId}`)).toHaveLength(3)
    expect(await ids('endpoint=ep_other')).toEqual([])
    expect(await ids(`event=${second.eventId}`)).toEqual([second.id])
    expect(await ids('type=orders.*')).toEqual([second.id, first.id])
    expect(await ids('type=users.made')).toEqual([third.id])
    expect(await ids('status=success')).toEqual([first.id])
    expect(await ids('status=pending')).toEqual([])
    expect(await ids('status=sending')).toEqual([third.id])
    expect(await ids('status=retrying')).toEqual([])
    expect(await ids('status=unfinished')).toEqual([third.id])
    expect(await ids('status=failed&cause=TLS_EXPIRED')).toEqual([second.id])
    expect(await ids('cause=GONE')).toEqual([])
    expect(await ids(`from=${begin + 1000}&to=${begin + 2000}`)).toEqual([second.id])
  })

  it.each(['status=sent', 'status=', 'cause=UNKNOWN', 'from=x', 'limit=0', 'unknown=1', `endpoint=${'x'.repeat(101)}`])(
    'cannot be asked for %s',
    async (query) => {
      const answer = await caller.get(`/deliveries?${query}`)
      expect([answer.status, answer.json.code]).toEqual([400, 'INVALID_INPUT'])
    },
  )
})

describe('retrying a delivery', () => {
  it('makes it due at once with a new round of tries, and tells those who deliver', async () => {
    const { id } = await deliver('a.b')
    await attempt(id, 1, 'SERVER_ERROR', 'failed')
    api.clock.advance(60_000)
    const { status, json } = await caller.post(`/deliveries/${id}/retry`)
    expect(status).toBe(202)
    expect(json).toMatchObject({
      id,
      status: 'retrying',
      attempts: 1,
      cause: null,
      nextAttemptAt: new Date(api.clock.now()).toISOString(),
    })
    expect(api.stirred).toContain(endpointId)
    expect(api.storage.sql('SELECT tries FROM deliveries WHERE id = ?', id)).toEqual([{ tries: 0 }])
  })

  it('takes no body, and does not mind one', async () => {
    const { id } = await deliver('a.b')
    expect((await caller.post(`/deliveries/${id}/retry`, {})).status).toBe(202)
    expect((await caller.post(`/deliveries/${id}/retry`, '')).status).toBe(202)
  })

  it('to an endpoint that is disabled or deleted is refused with what to do', async () => {
    const { id } = await deliver('a.b')
    await caller.patch(`/endpoints/${endpointId}`, { status: 'disabled' })
    const refused = await caller.post(`/deliveries/${id}/retry`)
    expect([refused.status, refused.json.code]).toEqual([409, 'CONFLICT'])
    expect(refused.json.detail).toContain('disabled through the API')
    await caller.delete(`/endpoints/${endpointId}`)
    expect((await caller.post(`/deliveries/${id}/retry`)).json.detail).toContain('has been deleted')
  })
})
