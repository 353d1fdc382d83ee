import { randomUUID } from 'node:crypto'
import { beforeAll, describe, expect, it } from 'vitest'
import { makeKey } from '../src/access/credential.ts'
import { scopes, withImplied } from '../src/access/scope.ts'
import type { Operation } from '../src/api/operation.ts'
import { operations } from '../src/api/operations.ts'
import { newId } from '../src/base/id.ts'
import { type Answer, type Api, createApi, readAll } from './api.ts'
import { engines } from './engines.ts'
import { eventually } from './eventually.ts'
import { expectProblem } from './problems.ts'
import { openReceiver } from './receiver.ts'
import { apiKey, createEndpoint, createSource, startTrunkline, type Trunkline } from './trunkline.ts'
import { addKey, addWorkspace } from './workspaces.ts'

/** A body that would be taken, for every operation that takes one. */
const bodies: Readonly<Record<string, unknown>> = {
  createSource: { kind: 'github', name: 'sample' },
  updateSource: { name: 'taken over' },
  sampleSource: { event: 'push' },
  reverifySource: {},
  putRoute: { customer: 'taken over' },
  rotateSourceSecret: {},
  createEndpoint: { url: 'https://example.com/', eventTypes: ['nothing'] },
  checkEndpoint: { url: 'https://example.com/' },
  rotateEndpointSecret: {},
  testEndpoint: {},
  updateEndpoint: { description: 'taken over', status: 'disabled' },
  publishEvent: { type: 'sample.event', data: 1 },
  registerEventType: { type: 'sample.registered' },
  registerProductEvents: {},
  replaceEventType: { description: 'taken over' },
  rerunParkedEvent: { dryRun: true },
  rerunParkedEvents: { filter: {}, dryRun: true },
  rehandleEvents: { follower: 'fan-out' },
  reprocessRequests: { filter: { cause: 'UNPARSABLE' } },
  retryFailedDeliveries: {},
  cancelDeliveries: { filter: { type: 'nothing' } },
  cleanDeliveries: { keep: 1_000_000 },
  planReplay: {},
  startReplay: { filter: { type: 'nothing' } },
  eraseContents: { customer: 'nobody' },
  createKey: { name: 'taken over', scopes: ['events.read'] },
}

/** What an id in a path names: the part of the path before it. */
const kinds = {
  sources: 'source',
  endpoints: 'endpoint',
  events: 'event',
  requests: 'request',
  'parked-events': 'event',
  deliveries: 'delivery',
  subscriptions: 'account',
  payments: 'account',
  users: 'account',
  jobs: 'job',
  keys: 'credential',
  // Not an id but a name, which another workspace's events have and nobody else's.
  'event-types': 'event',
} as const
type Noun = keyof typeof kinds
const nounOf = ({ path }: Operation) => /([a-z-]+)\/:/.exec(path)?.[1] as Noun
const ofOne = operations.filter(({ path }) => path.includes(':'))

describe.each(engines)('the API of a server on $name', (engine) => {
  let trunkline: Trunkline
  /** The key of the other workspace, and what is in there. */
  let other: Api
  let ids: Record<Noun, string>
  /** What is in the workspace of the server’s own key. */
  let mine: Record<Noun, string>

  beforeAll(async () => {
    trunkline = await startTrunkline(engine)
    const key = await addKey(trunkline.place, scopes, await addWorkspace(trunkline.place))
    other = createApi(trunkline.server, key)
    ids = await populate({ ...trunkline, api: other })
    mine = await populate(trunkline)
  })

  const call = (api: Api, { method, path, name, body }: Operation, id = 'x'): Promise<Answer> => {
    const filled = path.replace(/:[^/]+/, id).replace(/:[^/]+/, 'route')
    if (method === 'PUT') return api.put(filled, bodies[name])
    if (method === 'PATCH') return api.patch(filled, bodies[name])
    if (method === 'DELETE') return api.delete(filled)
    return method === 'POST' ? api.post(filled, body ? bodies[name] : undefined) : api.get(filled)
  }

  it('is known whole to these tests and to its own description', async () => {
    for (const { name, body } of operations) expect(name in bodies, name).toBe(body !== undefined)
    for (const operation of ofOne) expect(Object.keys(kinds), operation.path).toContain(nounOf(operation))
    const { paths } = (await (await fetch(`${trunkline.server.url}/openapi.json`)).json()) as {
      paths: Record<string, Record<string, { operationId: string; security: unknown }>>
    }
    const described = Object.entries(paths).flatMap(([path, methods]) =>
      Object.entries(methods).map(
        ([method, { operationId, security }]) => `${operationId} ${method} ${path} ${JSON.stringify(security)}`,
      ),
    )
    const mounted = operations.map(
      ({ name, method, path, scope }) =>
        `${name} ${method.toLowerCase()} /api/v1${path.replaceAll(/:(\w+)/g, '{$1}')} ${JSON.stringify([{ key: [scope] }])}`,
    )
    expect(described.sort()).toEqual(mounted.sort())
  })

  it('lets nobody in without a key that is in force', async () => {
    const wrong = [undefined, makeKey(), 'osk_short', `${apiKey}0`, apiKey.toLowerCase(), 'x'.repeat(5000)]
    for (const operation of operations) {
      for (const key of wrong) {
        const answer = await call(createApi(trunkline.server, key), operation)
        expectProblem(answer, operation.name, 'UNAUTHENTICATED')
        expect(answer.headers.get('www-authenticate')).toBe('Bearer')
      }
    }
    for (const authorization of [`Basic ${btoa(`x:${apiKey}`)}`, apiKey, `Bearer ${apiKey} ${apiKey}`, 'Bearer']) {
      const answer = await createApi(trunkline.server).send('GET', '/events', undefined, { authorization })
      expectProblem(answer, authorization.slice(0, 6), 'UNAUTHENTICATED')
    }
    expect((await trunkline.api.send('GET', `/events?key=${apiKey}`, undefined, { authorization: '' })).status).toBe(
      401,
    )
  })

  it('asks for the scope of each operation, before it looks at the input', async () => {
    const { place, server } = trunkline
    const without = new Map<string, Api>()
    for (const scope of scopes) {
      const rest = scopes.filter((each) => !withImplied([each]).includes(scope))
      without.set(scope, createApi(server, await addKey(place, rest)))
    }
    const none = createApi(server, await addKey(place, []))
    for (const operation of operations) {
      for (const api of [without.get(operation.scope) ?? none, none]) {
        const answer = await call(api, operation)
        expectProblem(answer, operation.name, 'SCOPE_MISSING')
        expect(answer.json.detail).toContain(operation.scope)
      }
    }
    const metrics = async (key: string) =>
      (await fetch(`${server.url}/metrics`, { headers: { authorization: `Bearer ${key}` } })).status
    expect(await metrics(await addKey(place, ['metrics.read']))).toBe(200)
    expect(
      await metrics(
        await addKey(
          place,
          scopes.filter((each) => each !== 'metrics.read'),
        ),
      ),
    ).toBe(403)
  })

  it('answers the same for what another workspace has and for what nobody has', async () => {
    const before = await contents(other)
    for (const operation of ofOne) {
      const noun = nounOf(operation)
      const random = newId(kinds[noun], Date.now())
      const foreign = await call(trunkline.api, operation, ids[noun])
      const unknown = await call(trunkline.api, operation, random)
      expectProblem(unknown, operation.name, 'NOT_FOUND')
      const told = ({ text, json, status }: Answer, id: string) =>
        `${status} ${text.replaceAll(id, 'ID').replace(json.requestId, 'REQUEST')}`
      expect(told(foreign, ids[noun]), operation.name).toBe(told(unknown, random))
      const names = ({ headers }: Answer) => [...headers.keys()].join()
      expect(names(foreign), operation.name).toBe(names(unknown))
    }
    expect(await contents(other)).toEqual(before)
  })

  it('shows no row of another workspace in any list, under any filter', async () => {
    const foreign = Object.values(ids)
    const paths = [
      ...operations.filter(({ method, path }) => method === 'GET' && !path.includes(':')).map(({ path }) => path),
      `/events?source=${ids.sources}`,
      `/requests?source=${ids.sources}`,
      '/requests?text=a',
      '/requests?verdict=verified',
      `/deliveries?endpoint=${ids.endpoints}`,
      `/deliveries?event=${ids.events}`,
    ]
    for (const path of paths) {
      const { text, status } = await trunkline.api.get(path)
      expect(status, path).toBe(200)
      for (const id of foreign) expect(text.replace(/"detail".*/, ''), path).not.toContain(id)
    }
    const { nextCursor } = (await other.get('/events?limit=1')).json
    expectProblem(await trunkline.api.get(`/events?limit=1&cursor=${nextCursor}`), 'a foreign cursor', 'INVALID_CURSOR')
  })

  it('keeps a key that is bound to a customer from all that is not that one’s, on every operation', async () => {
    const { api, server } = trunkline
    const made = await api.post('/keys', { name: 'portal', scopes, customer: 'acme' })
    expect(made.status).toBe(201)
    const bound = createApi(server, made.json.key)
    const own = (await bound.post('/events', { type: 'orchard.picked', data: 1 })).json
    await eventually('its delivery', async () => (await api.get(`/deliveries?event=${own.id}`)).json.data.length > 0)
    await eventually('everything is delivered', async () => {
      return (await api.get(`/deliveries?status=unfinished`)).json.data.length === 0
    })
    const before = await contents(api)
    for (const operation of operations) {
      if (operation.bound === undefined) {
        expectProblem(await call(bound, operation, mine[nounOf(operation)]), operation.name, 'KEY_BOUND')
      } else if (operation.path.includes(':')) {
        const random = newId(kinds[nounOf(operation)], Date.now())
        for (const id of [mine[nounOf(operation)], random])
          expectProblem(await call(bound, operation, id), operation.name, 'NOT_FOUND')
      } else if (operation.method === 'GET' && operation.contentType === undefined) {
        const { text, status } = await bound.get(operation.path)
        expect(status, operation.path).toBe(200)
        for (const id of Object.values(mine)) expect(text, operation.path).not.toContain(id)
      }
    }
    expect(await contents(api)).toEqual(before)
    expect((await readAll(bound, '/events')).map((event) => (event as { id: string }).id)).toEqual([own.id])
    expect((await bound.get('/customers')).json.data).toMatchObject([{ customer: 'acme', events: { count: 1 } }])
    expect((await bound.get(`/events?customer=bravo`)).json.code).toBe('KEY_BOUND')
    expect(
      (await fetch(`${server.url}/metrics`, { headers: { authorization: `Bearer ${made.json.key}` } })).status,
    ).toBe(403)
    expect((await api.delete(`/keys/${made.json.id}`)).status).toBe(204)
    await eventually('the key is out of force', async () => (await bound.get('/events')).status === 401)
  })

  it('tells no secret after the creation', async () => {
    const { api } = trunkline
    const receiver = await openReceiver()
    const source = await createSource(trunkline, 'standard-webhooks')
    const endpoint = await createEndpoint(trunkline, receiver, { eventTypes: ['nothing'] })
    const { secret: second } = (await api.post(`/endpoints/${endpoint.id}/rotate-secret`, {})).json
    const answers = [
      await api.get(`/sources/${source.id}`),
      await api.patch(`/sources/${source.id}`, { name: 'renamed' }),
      await api.get('/sources'),
      await api.get(`/endpoints/${endpoint.id}`),
      await api.patch(`/endpoints/${endpoint.id}`, { description: 'changed', signatures: ['ed25519', 'github'] }),
      await api.get('/endpoints'),
      await api.get('/events?type=trunkline.*'),
    ]
    for (const { text } of answers) {
      expect(text).not.toMatch(/whsec_|sealed|v1\.[0-9a-f]{8}\./)
      for (const secret of [source.secret, endpoint.secret, second]) expect(text).not.toContain(secret)
    }
  })
})

/** Puts one of everything into a workspace; answers the ids. */
async function populate(trunkline: Trunkline): Promise<Record<Noun, string>> {
  const { api } = trunkline
  const receiver = await openReceiver()
  const source = await createSource(trunkline, 'github')
  const endpoint = await createEndpoint(trunkline, receiver)
  const posted = (await source.post('{}')).json
  await source.post('{}')
  await receiver.has(2)
  const delivery = await eventually('a delivery', async () => {
    const { data } = (await api.get(`/deliveries?event=${posted.eventIds[0]}&status=success`)).json
    return data[0]
  })
  const type = `orchard.${randomUUID()}`
  await api.post('/event-types', { type, description: 'Kept.', schema: { type: 'object' } })
  await api.post('/events', { type, data: {} })
  return {
    sources: source.id,
    endpoints: endpoint.id,
    events: posted.eventIds[0],
    requests: posted.requestId,
    'parked-events': await addParked(trunkline, posted.eventIds[0]),
    deliveries: delivery.id,
    jobs: (await api.post('/requests/reprocess', { filter: { sourceId: source.id } })).json.id,
    'event-types': type,
    keys: (await api.post('/keys', { name: 'of a test', scopes: ['keys.write'] })).json.id,
    ...(await populateAccounts(trunkline)),
  }
}

/** Has the fan-out of an event failed; answers the id of what is parked. */
async function addParked({ place }: Trunkline, eventId: string): Promise<string> {
  await place.rows(
    `INSERT INTO parked (follower, seq, event_id, workspace_id, event_type, error, attempts, due_at)
     SELECT 'fan-out', seq, id, workspace_id, type, 'Error: why', 7, 0 FROM events WHERE id = '${eventId}' RETURNING seq`,
  )
  return `${eventId}.fan-out`
}

/** Has Stripe and Clerk tell of somebody; answers the providers' ids. */
async function populateAccounts(trunkline: Trunkline): Promise<Record<'subscriptions' | 'payments' | 'users', string>> {
  const own = randomUUID().replaceAll('-', '')
  const clerkSecret = `whsec_${Buffer.from('thirty-two bytes for these tests').toString('base64')}`
  for (const [kind, settings, events] of [
    ['stripe', {}, ['customer.subscription.created', 'invoice.payment_succeeded']],
    ['clerk', { secret: clerkSecret }, ['user.created']],
  ] as const) {
    const source = await createSource(trunkline, kind, settings)
    for (const event of events) {
      const sample = Buffer.from(source.sender.sample({ event, id: `evt_${own}${event}` }).body).toString()
      // Two workspaces' customers are not the same people.
      const body = sample.replaceAll(/\b(sub|in|user)_\w+/g, `$1_${own}`)
      expect((await source.post(body, { event })).status).toBe(200)
    }
  }
  const first = (path: string) =>
    eventually(`a row of ${path}`, async () => (await trunkline.api.get(path)).json.data[0]?.id as string | undefined)
  return {
    subscriptions: await first('/accounts/subscriptions'),
    payments: await first('/accounts/payments'),
    users: await first('/accounts/users'),
  }
}

/** Everything that the API shows of a workspace. */
async function contents(api: Api): Promise<unknown> {
  const paths = [
    '/sources',
    '/endpoints',
    '/events',
    '/requests',
    '/deliveries',
    '/event-types?state=seen',
    '/accounts/subscriptions',
    '/accounts/users',
    '/jobs',
    '/keys',
  ]
  const lists = paths.map((path) => readAll(api, path))
  return Promise.all(lists)
}
