import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { scopes } from '../access/scope.ts'
import { newId } from '../base/id.ts'
import { appendRequest } from '../events/append.ts'
import { makeRequest } from '../storage/exercise/rows.ts'
import { type Caller, openTestApi, type TestApi } from './exercise-api.ts'
import { addAccounts, fanOut } from './exercise-calls.ts'

let api: TestApi
let caller: Caller
beforeAll(async () => {
  api = await openTestApi()
})
// Each test has a workspace of its own.
beforeEach(async () => {
  caller = api.caller(newId('workspace', api.clock.now()))
  api.lines.length = 0
})
afterAll(() => api[Symbol.asyncDispose]())

const number = '491701234567'
const publish = (more: object = { subject: number, orderKey: `106540352242922:${number}` }) =>
  caller.post('/events', { type: 'a.b', data: 1, ...more })
const rows = async (path: string, who = caller) => (await who.get(path)).json.data
const revealed = () => api.lines.filter(({ event }) => event === 'personal.revealed').map(({ facts }) => facts)

describe('a list', () => {
  it('masks what is like a phone number in an event’s head, and reading the one shows it whole', async () => {
    const { id } = (await publish()).json
    expect(await rows('/events')).toMatchObject([{ id, subject: '…4567', orderKey: '…2922:…4567', customer: null }])
    expect((await caller.get(`/events/${id}`)).json).toMatchObject({ subject: number })
  })

  it('masks what is like a phone number in the order key of a delivery', async () => {
    const endpoint = (await caller.post('/endpoints', { url: 'https://example.com/hooks', ordering: 'key' })).json.id
    await publish()
    await fanOut(api)
    const whole = `106540352242922:${number}`
    const [{ id, orderKey }] = await rows('/deliveries')
    expect(orderKey).toBe('…2922:…4567')
    expect((await caller.get(`/endpoints/${endpoint}`)).json.latestDeliveries).toMatchObject([{ orderKey }])
    expect((await caller.get('/stats')).json.latest).toMatchObject([{ orderKey }])
    expect(await rows('/deliveries?reveal=true')).toMatchObject([{ orderKey: whole }])
    expect(revealed()).toMatchObject([{ list: 'deliveries', count: 1 }])
    expect((await caller.get(`/deliveries/${id}`)).json.orderKey).toBe(whole)
  })

  it.each(['octo/repo', 'order_7', 'evt_01jd9k3v5x8q2m4n6p8r0s2t4v', '1001'])(
    'leaves ids as they are: %s',
    async (subject) => {
      await publish({ subject, customer: 'acme' })
      expect(await rows('/events')).toMatchObject([{ subject, customer: 'acme' }])
    },
  )

  it('masks a user’s address, name and picture, and what is like an address in the id of a payer', async () => {
    const ids = addAccounts(api, caller)
    const change = (table: string, column: string, value: string) =>
      api.storage.sql(
        `UPDATE ${table} SET ${column} = ? WHERE workspace_id = ? RETURNING key`,
        value,
        caller.workspaceId,
      )
    change('users', 'name', 'Marta Huber')
    change('users', 'image_url', 'https://img.example/marta/face.png?s=1')
    for (const table of ['subscriptions', 'payments']) change(table, 'user_id', 'marta@orchard.example')
    expect(await rows('/accounts/users')).toMatchObject([
      { id: ids.user, email: 'm…@…', name: 'M…', imageUrl: 'https://img.example/…' },
    ])
    for (const list of ['subscriptions', 'payments']) {
      expect(await rows(`/accounts/${list}`)).toMatchObject([{ userId: 'm…@…' }])
      expect(await rows(`/accounts/${list}?reveal=true`)).toMatchObject([{ userId: 'marta@orchard.example' }])
    }
    const whole = {
      email: 'marta@orchard.example',
      name: 'Marta Huber',
      imageUrl: 'https://img.example/marta/face.png?s=1',
    }
    expect(await rows('/accounts/users?reveal=true')).toMatchObject([whole])
    expect((await caller.get(`/accounts/users/${ids.user}`)).json).toMatchObject(whole)
  })

  it('masks what people put into the URLs of requests, and reading the one shows it whole', async () => {
    const at = api.clock.now()
    const { workspaceId } = caller
    const url = `/in/abcd***?from=${number}&mail=marta%40orchard.example&id=order_7`
    const request = { ...makeRequest({ workspaceId, sourceId: newId('source', at), at, data: '1' }), url }
    await api.storage.commit(appendRequest, request)
    expect(await rows('/requests')).toMatchObject([{ url: '/in/abcd***?from=…4567&mail=m…@…&id=order_7' }])
    expect(revealed()).toEqual([])
    expect(await rows('/requests?reveal=true')).toMatchObject([{ url }])
    expect(revealed()).toMatchObject([{ list: 'requests', count: 1 }])
    expect((await caller.get(`/requests/${request.id}`)).json).toMatchObject({ url })
  })

  it('is shown whole to who asks for it and may, and the log says to whom', async () => {
    for (let i = 0; i < 3; i++) await publish()
    expect((await rows('/events?reveal=true&limit=2')).map(({ subject }: { subject: string }) => subject)).toEqual([
      number,
      number,
    ])
    const [line, ...more] = revealed()
    expect(line).toEqual({
      request: expect.stringMatching(/^req_/),
      credential: expect.stringMatching(/^cred_/),
      list: 'events',
      count: 2,
    })
    expect(more).toEqual([])
    await rows('/events?reveal=false')
    await rows('/events')
    expect(revealed()).toHaveLength(1)
  })

  it('keeps its cursors, whether it is masked or not', async () => {
    for (let i = 0; i < 2; i++) await publish()
    const { nextCursor } = (await caller.get('/events?limit=1')).json
    expect(await rows(`/events?limit=1&reveal=true&cursor=${nextCursor}`)).toMatchObject([{ subject: number }])
  })

  it.each([
    '/events',
    '/requests',
    '/accounts/users',
    '/accounts/payments',
    '/accounts/subscriptions',
    '/events/stream',
  ])('is not revealed to a key without the scope: %s', async (path) => {
    const without = api.caller(
      caller.workspaceId,
      scopes.filter((scope) => scope !== 'personal.read'),
    )
    const { status, json } = await without.get(`${path}?reveal=true`)
    expect([status, json.code, json.detail]).toEqual([403, 'SCOPE_MISSING', expect.stringContaining('personal.read')])
    expect((await without.get(path)).status).toBe(200)
    expect(revealed()).toEqual([])
  })
})

describe('the event stream', () => {
  /** The messages of a stream up to the first event. */
  async function firstEvent(query: string): Promise<string> {
    const answer = await api.app.inject({
      url: `/api/v1/events/stream?${query}`,
      headers: { authorization: `Bearer ${caller.key}` },
      payloadAsStream: true,
    })
    await publish()
    api.streams.wake()
    let text = ''
    for await (const chunk of answer.stream()) {
      text += chunk
      if (text.includes('event: event')) break
    }
    return text
  }

  it('masks as the list does, and reveals as the list does', async () => {
    expect(await firstEvent('')).toContain('"subject":"…4567"')
    expect(revealed()).toEqual([])
    expect(await firstEvent('reveal=true')).toContain(`"subject":"${number}"`)
    expect(revealed()).toMatchObject([{ list: 'event stream' }])
  })
})
