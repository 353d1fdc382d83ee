import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { newId } from '../../base/id.ts'
import { productEvents } from '../../events/types/product-events.ts'
import { type Caller, openTestApi, type TestApi } from '../exercise-api.ts'

let api: TestApi
let caller: Caller
beforeAll(async () => {
  api = await openTestApi()
})
beforeEach(() => {
  caller = api.caller(newId('workspace', api.clock.now()))
})
afterAll(() => api[Symbol.asyncDispose]())

const schema = { type: 'object', properties: { kilos: { type: 'integer' } }, required: ['kilos'] }
const register = (more: object = {}) =>
  caller.post('/event-types', { type: 'orchard.harvested', description: 'Apples were picked.', schema, ...more })
const publish = (data: unknown, type = 'orchard.harvested') => caller.post('/events', { type, data })

describe('a registered type', () => {
  it('is in the catalogue with its schema and example, and known', async () => {
    const made = await register({ example: { kilos: 12 } })
    expect(made.status).toBe(201)
    expect(made.json).toMatchObject({ type: 'orchard.harvested', schema, validation: 'off', example: { kilos: 12 } })
    const { json } = await caller.get('/event-types/orchard.harvested')
    expect(json).toMatchObject({
      description: 'Apples were picked.',
      isKnown: true,
      isRegistered: true,
      isInferred: false,
      schema,
      exampleFrom: 'registered',
    })
    await caller.post('/event-types', { type: 'a.first' })
    const [first] = (await caller.get('/event-types?limit=1')).json.data
    expect(first).toMatchObject({ type: 'a.first', isKnown: true, isRegistered: true, validation: 'off' })
    expect((await caller.get('/event-types?state=new')).json.data).toEqual([])
  })

  it('goes before what a kind of source tells of it, and leaves that behind when it is forgotten', async () => {
    await caller.post('/event-types', { type: 'user.created', description: 'Ours.' })
    expect((await caller.get('/event-types/user.created')).json).toMatchObject({ description: 'Ours.', isKnown: true })
    expect((await caller.delete('/event-types/user.created')).status).toBe(204)
    expect((await caller.get('/event-types/user.created')).json.description).toBe('A user signed up.')
  })

  it('is registered once, changed by PUT, and not found when it is not there', async () => {
    await register()
    expect((await register()).json).toMatchObject({ code: 'CONFLICT', detail: expect.stringContaining('PUT') })
    const changed = await caller.put('/event-types/orchard.harvested', { description: 'Pears.' })
    expect(changed.json).toMatchObject({ description: 'Pears.', schema: null, validation: 'off', example: null })
    expect((await caller.put('/event-types/orchard.none', {})).status).toBe(404)
    expect((await caller.delete('/event-types/orchard.none')).status).toBe(404)
  })

  it.each<[string, object, string]>([
    ['a schema that refers elsewhere', { schema: { $ref: 'https://evil.example/' } }, 'EVENT_TYPE_SCHEMA_REFUSED'],
    ['an example that does not fit', { example: { kilos: 'none' } }, 'EVENT_TYPE_SCHEMA_REFUSED'],
    ['a check without a schema', { schema: null, validation: 'reject' }, 'INVALID_INPUT'],
    ['a name of ours', { type: 'trunkline.mine' }, 'INVALID_INPUT'],
    ['an example of 70 KiB', { schema: null, example: 'x'.repeat(70_000) }, 'INVALID_INPUT'],
    ['an unknown check', { validation: 'maybe' }, 'INVALID_INPUT'],
  ])('is refused with %s', async (_, more, code) => {
    const { json } = await register(more)
    expect(json.code).toBe(code)
    expect((await caller.get('/event-types/orchard.harvested')).status).toBe(404)
  })
})

describe('what is published', () => {
  it('is not checked when the check is off, noted with warn, and refused with reject', async () => {
    await register({ validation: 'off' })
    const free = await publish({ kilos: 'many' })
    expect([free.status, free.json.warning]).toEqual([202, undefined])

    await caller.put('/event-types/orchard.harvested', { schema, validation: 'warn' })
    const noted = await publish({ kilos: 'many' })
    expect([noted.status, noted.json.warning]).toEqual([202, 'must be integer (#/properties/kilos/type)'])
    expect((await caller.get(`/events/${noted.json.id}`)).json).toMatchObject({
      warning: noted.json.warning,
      data: { kilos: 'many' },
    })
    const fits = await publish({ kilos: 12 })
    expect([fits.status, fits.json.warning]).toEqual([202, undefined])
    expect((await caller.get(`/events/${fits.json.id}`)).json.warning).toBeNull()

    await caller.put('/event-types/orchard.harvested', { schema, validation: 'reject' })
    const refused = await publish({ kilos: 'marta@orchard.example' })
    expect([refused.status, refused.json.code]).toEqual([422, 'EVENT_DATA_REFUSED'])
    expect(refused.json.detail).toContain('must be integer (#/properties/kilos/type)')
    expect(refused.text).not.toContain('marta')
    expect((await publish({ kilos: 1 })).status).toBe(202)
    expect((await publish({ kilos: 'many' }, 'orchard.other')).status).toBe(202)
    const { data } = (await caller.get('/events?type=orchard.harvested')).json
    expect(data.map(({ warning }: { warning: string | null }) => warning !== null)).toEqual([false, false, true, false])

    await caller.delete('/event-types/orchard.harvested')
    expect((await publish({ kilos: 'many' })).status).toBe(202)
  })

  it('in another workspace is that one’s own business', async () => {
    await register({ validation: 'reject' })
    const other = api.caller(newId('workspace', api.clock.now()))
    expect((await other.post('/events', { type: 'orchard.harvested', data: 'none' })).status).toBe(202)
  })
})

describe('the product events', () => {
  it('are registered by one call, and those that are there stay as they are', async () => {
    await caller.post('/event-types', { type: 'user.created', description: 'Ours.' })
    const first = (await caller.post('/event-types/product-events', { validation: 'reject' })).json
    expect(first.registered).toHaveLength(23)
    expect(first.kept).toEqual(['user.created'])
    const second = (await caller.post('/event-types/product-events', {})).json
    expect(second).toEqual({ registered: [], kept: productEvents.map(({ type }) => type) })
    expect((await caller.get('/event-types/user.created')).json.description).toBe('Ours.')
  })

  it('can be published with their examples, and not without what is required', async () => {
    await caller.post('/event-types/product-events', { validation: 'reject' })
    for (const { type, example } of productEvents.slice(0, 6)) {
      expect([type, (await publish(example, type)).status]).toEqual([type, 202])
      expect([type, (await publish({}, type)).status]).toEqual([type, 422])
    }
  })
})
