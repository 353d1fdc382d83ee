import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { newId } from '../../base/id.ts'
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

const url = 'https://example.com/hooks'
const endpoint = async (settings: object = {}): Promise<string> =>
  (await caller.post('/endpoints', { url, ...settings })).json.id
const deliveries = async () => (await caller.get('/deliveries')).json.data
const eventOf = async ({ eventId }: { eventId: string }) => (await caller.get(`/events/${eventId}`)).json

describe('a trial', () => {
  it('is a delivery of a ping, or of a test event, to that endpoint alone, whatever others ask for', async () => {
    const id = await endpoint({ customer: 'acme', eventTypes: ['nothing'] })
    await endpoint({ eventTypes: ['**', 'trunkline.*', 'trunkline.ping', 'trunkline.test', 'trunkline.test.*'] })
    const ping = await caller.post(`/endpoints/${id}/ping`)
    const test = await caller.post(`/endpoints/${id}/test`, {})
    await fanOut(api)
    expect([ping.status, test.status]).toEqual([202, 202])
    expect(ping.json).toMatchObject({
      endpointId: id,
      eventType: 'trunkline.ping',
      customer: 'acme',
      status: 'pending',
    })
    expect(
      (await deliveries()).map((each: { eventType: string; endpointId: string }) => [each.endpointId, each.eventType]),
    )
      // The other one hears of the endpoints, as it has asked to, and of no trial.
      .toEqual(
        expect.arrayContaining([
          [id, 'trunkline.test'],
          [id, 'trunkline.ping'],
        ]),
      )
    expect((await deliveries()).filter((each: { eventType: string }) => /ping|test/.test(each.eventType))).toHaveLength(
      2,
    )
    expect(await eventOf(test.json)).toMatchObject({ type: 'trunkline.test', data: { isTest: true, endpointId: id } })
    expect(api.stirred).toContain(id)
  })

  it('of a type has the example of the catalogue', async () => {
    const id = await endpoint()
    await caller.post('/event-types', { type: 'orchard.harvested', description: 'Apples.', example: { kilos: 12 } })
    const data = async (eventType: string) =>
      (await eventOf((await caller.post(`/endpoints/${id}/test`, { eventType })).json)).data
    expect(await data('orchard.harvested')).toEqual({ kilos: 12 })
    expect(await data('agent.run.started')).toMatchObject({ action: 'start' })
    expect(await data('nobody.knows')).toEqual({ isTest: true, endpointId: id })
    const types = (await deliveries()).map((each: { eventType: string }) => each.eventType)
    expect(types).toContain('trunkline.test.nobody.knows')
  })

  it('never has the data of a real event', async () => {
    const id = await endpoint()
    await caller.post('/events', { type: 'orchard.harvested', data: { whose: 'marta' } })
    const { json } = await caller.post(`/endpoints/${id}/test`, { eventType: 'orchard.harvested' })
    expect(JSON.stringify(await eventOf(json))).not.toContain('marta')
  })

  it('waits while the endpoint is paused, and is refused while it is disabled', async () => {
    const id = await endpoint()
    await caller.patch(`/endpoints/${id}`, { status: 'paused' })
    expect((await caller.post(`/endpoints/${id}/ping`)).status).toBe(202)
    await caller.patch(`/endpoints/${id}`, { status: 'disabled' })
    for (const path of ['ping', 'test']) {
      const { status, json } = await caller.post(`/endpoints/${id}/${path}`, path === 'test' ? {} : undefined)
      expect([status, json.code]).toEqual([409, 'CONFLICT'])
      expect(json.detail).toContain('disabled through the API')
    }
  })

  it.each([{ eventType: 'no type' }, { eventType: '' }, { eventType: 'x'.repeat(151) }, { type: 'a' }])(
    'is refused for %j',
    async (body) => expect((await caller.post(`/endpoints/${await endpoint()}/test`, body)).status).toBe(400),
  )
})

describe('reading an endpoint', () => {
  it('shows its latest ten deliveries and when the last was made', async () => {
    const id = await endpoint()
    expect((await caller.get(`/endpoints/${id}`)).json).toMatchObject({ lastTriggeredAt: null, latestDeliveries: [] })
    const made: string[] = []
    for (let i = 0; i < 11; i++) {
      api.clock.advance(1000)
      made.unshift((await caller.post(`/endpoints/${id}/ping`)).json.id)
    }
    await caller.post(`/endpoints/${await endpoint()}/ping`)
    const { json } = await caller.get(`/endpoints/${id}`)
    expect(json.latestDeliveries.map((each: { id: string }) => each.id)).toEqual(made.slice(0, 10))
    expect(json.lastTriggeredAt).toBe(new Date(api.clock.now()).toISOString())
  })
})
