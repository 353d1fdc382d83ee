import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { newId } from '../../base/id.ts'
import { sourceDefinitions } from '../../inbound/sources/index.ts'
import { type Caller, openTestApi, type TestApi } from '../exercise-api.ts'
import { catalogueOf } from './catalogue.ts'

let api: TestApi
let caller: Caller
beforeAll(async () => {
  api = await openTestApi()
})
beforeEach(() => {
  caller = api.caller(newId('workspace', api.clock.now()))
})
afterAll(() => api[Symbol.asyncDispose]())

/** All types, page by page. */
async function typesOf(query = '', limit = 100): Promise<string[]> {
  const types: string[] = []
  for (let cursor = ''; ; ) {
    const { json } = await caller.get(`/event-types?limit=${limit}${query}${cursor && `&cursor=${cursor}`}`)
    types.push(...json.data.map(({ type }: { type: string }) => type))
    if (!json.hasMore) return types
    cursor = json.nextCursor
  }
}

describe('the types of event', () => {
  it('are those that are described, whether or not there are events of them', async () => {
    const { data } = (await caller.get('/event-types?limit=100&kind=none')).json
    expect(data).toEqual([])
    expect(await typesOf()).toContain('trunkline.endpoint.disabled')
    expect(await typesOf('&state=seen')).toEqual([])
  })

  it('are those that came in, the new ones marked', async () => {
    await caller.post('/events', { type: 'orchard.harvested', data: { kilos: 12 } })
    const { data } = (await caller.get('/event-types?state=new')).json
    const lastReceivedAt = new Date(api.clock.now()).toISOString()
    expect(data).toEqual([
      {
        type: 'orchard.harvested',
        description: null,
        kinds: [],
        isKnown: false,
        isRegistered: false,
        validation: 'off',
        lastReceivedAt,
      },
    ])
    expect(await typesOf('&state=seen')).toEqual(['orchard.harvested'])
    expect(await typesOf()).toContain('orchard.harvested')
  })

  it('are another workspace’s own business', async () => {
    await caller.post('/events', { type: 'orchard.harvested', data: {} })
    const other = api.caller(newId('workspace', api.clock.now()))
    expect((await other.get('/event-types?state=seen')).json.data).toEqual([])
    expect((await other.get('/event-types/orchard.harvested')).status).toBe(404)
  })

  it('come page by page, each once', async () => {
    for (const name of ['c', 'a', 'b', 'a']) await caller.post('/events', { type: `orchard.${name}`, data: {} })
    expect(await typesOf('&state=seen', 1)).toEqual(['orchard.a', 'orchard.b', 'orchard.c'])
  })
})

describe('a type of event', () => {
  it('that is described has that shape, and no example where nothing can be played', async () => {
    const { status, json } = await caller.get('/event-types/trunkline.source.created')
    expect(status).toBe(200)
    expect(json).toMatchObject({
      isKnown: true,
      isInferred: false,
      example: null,
      exampleFrom: null,
      lastReceivedAt: null,
    })
    expect(json.schema.properties).toMatchObject({ id: { type: 'string' }, kind: { type: 'string' } })
  })

  it('has a sample for an example until an event of it has come', async () => {
    const path = '/event-types/agent.run.started'
    const before = (await caller.get(path)).json
    expect(before).toMatchObject({ exampleFrom: 'sample', lastReceivedAt: null, example: { action: 'start' } })
    await caller.post('/events', { type: 'agent.run.started', data: { runId: 'run_1' } })
    const after = (await caller.get(path)).json
    expect(after).toMatchObject({ exampleFrom: 'latest', example: { runId: 'run_1' } })
  })

  it('that comes as a form has no example: there is no JSON of it', async () => {
    const { json } = await caller.get('/event-types/twilio.message.received')
    expect(json).toMatchObject({ example: null, exampleFrom: null, schema: null })
  })

  it('that nobody has described has the shape of its latest event', async () => {
    await caller.post('/events', { type: 'orchard.harvested', data: { kilos: 'none' } })
    await caller.post('/events', { type: 'orchard.harvested', data: { kilos: 12 } })
    const { json } = await caller.get('/event-types/orchard.harvested')
    expect(json).toMatchObject({ isKnown: false, isInferred: true, example: { kilos: 12 } })
    expect(json.schema).toEqual({ type: 'object', properties: { kilos: { type: 'integer' } } })
  })

  it('that nobody knows is not found', async () => {
    const { status, json } = await caller.get('/event-types/orchard.unheard')
    expect([status, json.code]).toEqual([404, 'NOT_FOUND'])
    expect(json.detail).toContain('orchard.unheard')
  })
})

describe('the catalogue', () => {
  it('says of each type when it happens, in a sentence', () => {
    for (const { type, description } of catalogueOf(sourceDefinitions).values()) {
      expect(description, type).toMatch(/^[A-Z“].*\.$/s)
    }
  })
})
