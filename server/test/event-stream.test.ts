import { createClient, type StreamedEvent, type StreamQuery } from '@trunkline/sdk'
import { beforeAll, describe, expect, it } from 'vitest'
import { hashKey } from '../src/access/credential.ts'
import { scopes } from '../src/access/scope.ts'
import { parse } from '../src/stream/exercise-reader.ts'
import { createApi } from './api.ts'
import { type Engine, engines, postgres, sqlite } from './engines.ts'
import { eventually } from './eventually.ts'
import { expectProblem } from './problems.ts'
import { type ServerProcess, startServer } from './server-process.ts'
import { apiKey, createPlace, createSource, startTrunkline, type TestSource, type Trunkline } from './trunkline.ts'
import { addKey, addWorkspace } from './workspaces.ts'

/** Follows a server with the SDK, and keeps what came. */
function follow({ url }: Pick<ServerProcess, 'url'>, query: StreamQuery = {}, key = apiKey) {
  const events: StreamedEvent[] = []
  const states: string[] = []
  const controller = new AbortController()
  const stream = createClient({ url, apiKey: key }).events.stream({
    ...query,
    signal: controller.signal,
    onState: (state) => states.push(state),
  })
  const ended = (async () => {
    for await (const event of stream) events.push(event)
  })()
  ended.catch(() => {})
  return {
    events,
    ids: () => events.map(({ id }) => id),
    ended,
    stop: () => controller.abort(),
    isLive: () => eventually('a stream that stands', () => states.at(-1) === 'live'),
  }
}

/** The bytes of a stream as they come. */
async function readRaw({ url }: Pick<ServerProcess, 'url'>, path = '/events/stream') {
  const response = await fetch(`${url}/api/v1${path}`, { headers: { authorization: `Bearer ${apiKey}` } })
  let text = ''
  const ended = (async () => {
    for await (const chunk of response.body ?? []) text += Buffer.from(chunk).toString()
  })()
  ended.catch(() => {}) // of a server that was killed
  return { response, text: () => text, ended }
}

const body = (n: number) => JSON.stringify({ action: 'opened', number: n })

describe.each(engines)('the event stream on $name', (engine) => {
  let trunkline: Trunkline
  let source: TestSource
  beforeAll(async () => {
    trunkline = await startTrunkline(engine)
    source = await createSource(trunkline, 'github')
  })
  const logged = async () =>
    (await trunkline.place.rows('SELECT id FROM events ORDER BY seq')).map(({ id }) => String(id))

  it('shows an event a moment after its signed request was answered, as the list does', async () => {
    const stream = follow(trunkline.server, { types: ['github.*'] })
    await stream.isLive()
    await source.post(body(0), { event: 'issues' })
    const from = performance.now()
    await eventually('the event', () => stream.events.length === 1)
    expect(performance.now() - from).toBeLessThan(2000)
    const { data } = (await trunkline.api.get('/events?limit=1')).json
    const { cursor, ...head } = stream.events[0] ?? {}
    expect(head).toEqual(data[0])
    expect(cursor).toMatch(/^[\w-]{16,80}$/)
    stream.stop()
    await stream.ended
  })

  it('loses and repeats nothing over a kill -9 of the server', async () => {
    const before = await logged()
    const stream = follow(trunkline.server)
    await stream.isLive()
    for (let n = 1; n <= 5; n++) await source.post(body(n), { event: 'issues' })
    await eventually('five events', () => stream.events.length === 5)
    await trunkline.server.end('SIGKILL')
    trunkline.server = await trunkline.server.again()
    for (let n = 6; n <= 10; n++) await source.post(body(n), { event: 'issues' })
    await eventually('ten events', () => stream.events.length >= 10)
    expect(stream.ids()).toEqual((await logged()).slice(before.length))
    stream.stop()
  })

  it('sends everything after a cursor, and refuses one that it has not made for this workspace', async () => {
    const all = await logged()
    const first = follow(trunkline.server)
    await first.isLive()
    await source.post(body(11), { event: 'issues' })
    await source.post(body(12), { event: 'issues' })
    await eventually('two events', () => first.events.length === 2)
    first.stop()
    const after = first.events[0]?.cursor ?? ''
    const second = follow(trunkline.server, { after })
    await eventually('the second', () => second.events.length === 1)
    expect(second.ids()).toEqual([first.ids()[1]])
    expect((await logged()).slice(all.length)).toEqual(first.ids())
    second.stop()
    const strangersKey = await addKey(trunkline.place, scopes, await addWorkspace(trunkline.place))
    const stranger = createApi(trunkline.server, strangersKey)
    for (const [api, cursor] of [
      [stranger, after],
      [trunkline.api, `${after}x`],
      [trunkline.api, 'nonsense'],
    ] as const) {
      const answer = await api.send('GET', `/events/stream?after=${cursor}`)
      expectProblem(answer, cursor, 'INVALID_CURSOR')
    }
    const byHeader = await trunkline.api.send('GET', '/events/stream', undefined, { 'last-event-id': 'nonsense' })
    expectProblem(byHeader, 'Last-Event-ID', 'INVALID_CURSOR')
  })

  it('ends within a few seconds of its key being revoked', async () => {
    const key = await addKey(trunkline.place, ['events.read'])
    const stream = follow(trunkline.server, {}, key)
    await stream.isLive()
    const from = performance.now()
    const hash = hashKey(key)
    await trunkline.place.rows('UPDATE credentials SET revoked_at = 1 WHERE key_hash = ? RETURNING id', [hash])
    await expect(stream.ended).rejects.toMatchObject({ code: 'UNAUTHENTICATED' })
    expect(performance.now() - from).toBeLessThan(6000)
  })

  it('says that it ends when the server stops, and does not hold it up', async () => {
    const { response, text, ended } = await readRaw(trunkline.server)
    expect(response.headers.get('cache-control')).toBe('no-store')
    await eventually('the beginning', () => text() !== '')
    const from = performance.now()
    const end = await trunkline.server.end('SIGTERM')
    expect(end.code).toBe(0)
    expect(performance.now() - from).toBeLessThan(5000)
    await ended
    expect(parse(text()).at(-1)).toMatchObject({ event: 'end', data: '{"reason":"stopping"}' })
  })

  // A matter of connections, whatever the database: one engine is enough.
  const once = engine === sqlite ? it : () => {}
  once('is bounded', async () => {
    trunkline.server = await trunkline.server.again({ TRUNKLINE_STREAMS: '3', TRUNKLINE_STREAMS_PER_KEY: '2' })
    const streams = [await readRaw(trunkline.server), await readRaw(trunkline.server)]
    const refused = await trunkline.api.get('/events/stream')
    expectProblem(refused, 'a third', 'TOO_MANY_STREAMS')
    expect([refused.status, refused.headers.get('retry-after')]).toEqual([429, '5'])
    const other = createApi(trunkline.server, await addKey(trunkline.place, ['events.read']))
    expect((await readRaw(trunkline.server).catch(() => undefined))?.response.status).toBe(429)
    expect((await other.get('/events/stream')).status).toBe(200)
    expect((await trunkline.api.send('HEAD', '/events/stream')).status).toBe(200)
    await trunkline.server.end('SIGTERM')
    await Promise.all(streams.map((each) => each.ended))
  })
})

describe('two processes', () => {
  const start = async (engine: Engine) => {
    const place = await createPlace(engine)
    const environment = { TRUNKLINE_API_KEY: apiKey, ...place.environment }
    return { place, servers: [await startServer(environment), await startServer(environment)] as const }
  }

  it('stream each what the other accepts, in the order of the log, and resume each other’s cursors', async () => {
    const { place, servers } = await start(postgres)
    const [one, two] = servers
    const source = await createSource({ server: one, api: createApi(one, apiKey) }, 'github')
    const { pathname } = new URL(source.url)
    const there = follow(two)
    await there.isLive()
    await source.post(body(0), { event: 'issues' })
    const from = performance.now()
    await eventually('the event on the other process', () => there.events.length === 1)
    expect(performance.now() - from).toBeLessThan(2000)

    const here = follow(one)
    await here.isLive()
    let n = 0
    const post = async () => {
      for (let i = 0; i < 40; i++)
        await source.post(body(++n), { event: 'issues' }, { url: `${servers[n % 2]?.url}${pathname}` })
    }
    await Promise.all([post(), post(), post(), post()])
    const logged = (await place.rows('SELECT id FROM events ORDER BY seq')).map(({ id }) => String(id))
    const own = logged.slice(-160)
    await eventually('all events on both', () => here.events.length === 160 && there.events.length === 161)
    expect(here.ids()).toEqual(own)
    expect(there.ids().slice(1)).toEqual(own)
    const resumed = follow(one, { after: there.events[100]?.cursor ?? '' })
    await eventually('the rest', () => resumed.events.length === 60)
    expect(resumed.ids()).toEqual(there.ids().slice(101))
    for (const stream of [there, here, resumed]) stream.stop()
  })
})
