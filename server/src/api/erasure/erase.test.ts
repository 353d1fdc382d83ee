import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { appendRequest } from '../../events/append.ts'
import { makeRequest } from '../../storage/exercise/rows.ts'
import { type Caller, openTestApi, type TestApi } from '../exercise-api.ts'
import { fanOut } from '../exercise-calls.ts'

describe('erasing', () => {
  let api: TestApi
  let caller: Caller
  beforeAll(async () => {
    api = await openTestApi()
    caller = api.caller()
  })
  afterAll(() => api[Symbol.asyncDispose]())

  it('answers with what was removed, shows it, and lets no lane send what it has in hand', async () => {
    const { id: endpoint } = (await caller.post('/endpoints', { url: 'https://example.com/hooks', eventTypes: ['**'] }))
      .json
    const request = makeRequest({
      workspaceId: caller.workspaceId,
      sourceId: 'src_1',
      keys: ['a'],
      at: api.clock.now(),
    })
    const { eventIds, requestId } = await api.storage.commit(appendRequest, request)
    await fanOut(api)
    api.stirred.length = 0
    const answer = await caller.post('/erase', { eventId: eventIds[0] })
    expect(answer.status).toBe(200)
    expect(answer.json).toMatchObject({
      eventId: eventIds[0],
      requestId: null,
      counts: { requests: 1, events: 1, deliveries: 1, keys: 1, attempts: 0 },
      job: null,
    })
    expect(api.stirred).toEqual([endpoint])
    expect((await caller.get(`/events/${eventIds[0]}`)).json).toMatchObject({ data: null, erasedAt: answer.json.at })
    // Nothing is noted of headers that have lost their values.
    expect((await caller.get(`/requests/${requestId}`)).json).toMatchObject({
      ...{ erasedAt: answer.json.at, contentType: null, notes: [] },
    })
    for (const path of [`/requests/${requestId}/body`, `/requests/${requestId}/curl`, `/events/${eventIds[0]}/body`]) {
      const { status, json } = await caller.get(path)
      expect([status, json.detail]).toEqual([404, expect.stringContaining(`was removed at ${answer.json.at}`)])
    }
    const { data } = (await caller.get(`/deliveries?endpoint=${endpoint}`)).json
    expect(data).toMatchObject([{ status: 'failed', cause: 'ERASED' }])
    expect((await caller.post(`/deliveries/${data[0].id}/retry`)).json).toMatchObject({ code: 'CONFLICT' })
    expect((await caller.post('/erase', { requestId })).json.counts).toMatchObject({ requests: 0, events: 0 })
  })

  it('of a customer is a job', async () => {
    const answer = await caller.post('/erase', { customer: 'acme' })
    expect(answer.json).toMatchObject({
      customer: 'acme',
      counts: null,
      job: { kind: 'erase-customer', status: 'running' },
    })
    expect((await caller.get(`/jobs/${answer.json.job.id}`)).json).toMatchObject({ args: { customer: 'acme' } })
  })

  it.each([{}, { eventId: 'evt_1', customer: 'acme' }, { eventId: '' }, { customer: 7 }, { event: 'evt_1' }])(
    'is refused for %j',
    async (body) => {
      expect((await caller.post('/erase', body)).json).toMatchObject({ code: 'INVALID_INPUT' })
    },
  )

  it('finds nothing of another workspace', async () => {
    const theirs = api.caller('ws_other')
    const { id } = (await caller.post('/events', { type: 'a', data: 1 })).json
    for (const eventId of [id, 'evt_0', 'nonsense'])
      expect(await theirs.post('/erase', { eventId })).toMatchObject({ status: 404, json: { code: 'NOT_FOUND' } })
    expect((await caller.get(`/events/${id}`)).json).toMatchObject({ data: 1, erasedAt: null })
  })
})
