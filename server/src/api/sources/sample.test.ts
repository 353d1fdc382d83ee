import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { newId } from '../../base/id.ts'
import { type Caller, openTestApi, type TestApi } from '../exercise-api.ts'

let api: TestApi
let caller: Caller
beforeAll(async () => {
  api = await openTestApi()
})
beforeEach(async () => {
  caller = api.caller(newId('workspace', api.clock.now()))
})
afterAll(() => api[Symbol.asyncDispose]())

const github = { kind: 'github', name: 'Repositories', secret: 'It is a secret to everybody' }

async function createSource(settings: object = github): Promise<string> {
  return (await caller.post('/sources', settings)).json.id
}

describe('a sample', () => {
  it('goes the way of a real request: a record, and events with the provider’s own text', async () => {
    const id = await createSource()
    const { status, json, headers } = await caller.post(`/sources/${id}/sample`)
    expect(status).toBe(200)
    expect(json).toEqual({ event: 'push', requestId: expect.any(String), eventIds: [expect.any(String)] })
    expect(json.requestId).toBe(headers['x-request-id'])
    const request = (await caller.get(`/requests/${json.requestId}`)).json
    expect(request).toMatchObject({ sourceId: id, verdict: 'verified', method: 'POST', senderAddress: 'sample' })
    expect(request.url).toMatch(/^\/in\/.{4}\*\*\*$/)
    const event = (await caller.get(`/events/${json.eventIds[0]}`)).json
    expect(event).toMatchObject({ type: 'github.push', sourceId: id, requestId: json.requestId })
    const bytes = (await caller.get(`/events/${json.eventIds[0]}/body`)).text
    expect(JSON.parse(bytes)).toEqual(event.data)
    expect(api.stirred).toContain('events')
  })

  it('is of the event that is named, with the changes in it', async () => {
    const id = await createSource({ kind: 'standard-webhooks', name: 'x' })
    const set = { 'data.id': 'user_7', type: 'user.renamed', 'data.tags.0': null }
    const { json } = await caller.post(`/sources/${id}/sample`, { event: 'user.created', set })
    const event = (await caller.get(`/events/${json.eventIds[0]}`)).json
    expect(event).toMatchObject({ type: 'standard-webhooks.user.renamed', subject: 'user_7' })
    expect(event.data.data.tags).toEqual([null])
  })

  it('is another event each time', async () => {
    const id = await createSource()
    const ids = await Promise.all(
      [1, 2, 3].map(async () => (await caller.post(`/sources/${id}/sample`)).json.eventIds[0]),
    )
    expect(new Set(ids).size).toBe(3)
  })

  it.each([
    [{ event: 'pushed' }, 400, 'INVALID_INPUT', '/event'],
    [{ event: 1 }, 400, 'INVALID_INPUT', '/event'],
    [{ set: { 'ref.x': 1 } }, 400, 'INVALID_INPUT', '/set'],
    [{ set: { '': 1 } }, 400, 'INVALID_INPUT', '/set'],
    [{ set: ['ref=1'] }, 400, 'INVALID_INPUT', '/set'],
    [{ secret: 'x' }, 400, 'INVALID_INPUT', '/'],
  ])('refuses %j, and leaves no record', async (body, status, code, at) => {
    const id = await createSource()
    const answer = await caller.post(`/sources/${id}/sample`, body)
    expect([answer.status, answer.json.code, answer.json.errors?.[0]?.at]).toEqual([status, code, at])
    expect(api.storage.sql('SELECT id FROM requests WHERE source_id = ?', id)).toEqual([])
  })

  it('may not become larger than what its kind takes', async () => {
    const id = await createSource({ kind: 'standard-webhooks', name: 'x' })
    const set = { 'data.text': 'x'.repeat(1024 * 1024 - 60) }
    const answer = await caller.post(`/sources/${id}/sample`, { set })
    expect([answer.status, answer.json.code]).toEqual([413, 'TOO_LARGE'])
  })

  it('is not received by a disabled source', async () => {
    const id = await createSource()
    await caller.patch(`/sources/${id}`, { status: 'disabled' })
    const answer = await caller.post(`/sources/${id}/sample`)
    expect([answer.status, answer.json.code]).toEqual([409, 'CONFLICT'])
  })

  it('is impossible where the source knows nothing that signs, and says so', async () => {
    const id = await createSource()
    // As a source of a kind that nobody plays.
    api.storage.sql("UPDATE sources SET kind = 'unplayed' WHERE id = ? RETURNING id", id)
    const unknown = await caller.post(`/sources/${id}/sample`)
    expect([unknown.status, unknown.json.code]).toEqual([422, 'SOURCE_KIND_UNKNOWN'])
    api.storage.sql("UPDATE sources SET kind = 'stripe' WHERE id = ? RETURNING id", id)
    expect((await caller.post(`/sources/${id}/sample`)).status).toBe(200)
  })

  it('exists for every kind that says so', async () => {
    const { data } = (await caller.get('/sources/kinds')).json
    for (const { kind, sampleEvents } of data) {
      if (kind === 'github') expect(sampleEvents).toEqual(['push', 'ping'])
      expect(Array.isArray(sampleEvents), kind).toBe(true)
    }
  })
})
