import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { constants, gzipSync } from 'node:zlib'
import { senders } from '@trunkline/senders'
import pg from 'pg'
import { expect, it } from 'vitest'
import { openDatabase } from '../../src/storage/sqlite/database.ts'
import { version } from '../../src/version.ts'
import { type Api, createApi, readAll } from '../api.ts'
import { engines, type Place } from '../engines.ts'
import { eventually } from '../eventually.ts'
import { openReceiver, status } from '../receiver.ts'
import { startServer } from '../server-process.ts'
import { createEndpoint, createPlace, type TestSource, type Trunkline, testSource } from '../trunkline.ts'
import { apiKeyOf, folderOf, hashesOf, type Kept, type Posted, settingsOf, sourceSecretOf } from './kept.ts'
import { textOf } from './postgres-text.ts'

// Run by scripts/keep-release.mjs, not with the tests: it writes the folder of this version.
it.each(engines)('keeps what this version leaves on $name', async (engine) => {
  const place = await createPlace(engine)
  const settings = settingsOf(version, place)
  // The first run makes a key of its own; from the second on there is one of the environment too.
  const first = await startServer({ ...settings, TRUNKLINE_API_KEY: undefined })
  expect((await first.end('SIGTERM')).code).toBe(0)
  const server = await first.again({ TRUNKLINE_API_KEY: apiKeyOf(version) })
  const trunkline = { server, place, api: createApi(server, apiKeyOf(version)) }
  const posted = await live(trunkline)
  const answers = await askEverything(trunkline.api, posted.requestIds)
  const madeAt = Date.now()
  expect((await server.end('SIGTERM')).code).toBe(0)
  const names = (await place.rows('SELECT name FROM migrations ORDER BY name')).map((row) => String(row.name))
  const kept: Kept = { version, madeAt, steps: hashesOf(names, engine.name), posted: posted.genuine, answers }
  mkdirSync(folderOf(version), { recursive: true })
  writeFileSync(join(folderOf(version), `${engine.name.toLowerCase()}.json`), `${JSON.stringify(kept, null, 2)}\n`)
  await keepData(place)
})

/** A day in the life of a server: something of everything that it stores, and some of it still under way. */
async function live(trunkline: Trunkline): Promise<{ genuine: Posted[]; requestIds: string[] }> {
  const { api } = trunkline
  const sources = await Promise.all(senders.map(({ kind }) => openSource(trunkline, kind)))
  const works = await openReceiver(status(204))
  const fails = await openReceiver(status(500, { 'x-reason': 'upset' }, 'Something went wrong: 〠'))
  const gone = await openReceiver(status(410))
  await createEndpoint(trunkline, works, { description: 'takes everything' })
  await createEndpoint(trunkline, works, { payload: 'raw', eventTypes: ['github.*'], concurrency: 1 })
  const failing = await createEndpoint(trunkline, fails, { eventTypes: ['github.*', 'order.paid'] })
  await createEndpoint(trunkline, gone, { eventTypes: ['stripe.*'], customer: null })
  await createEndpoint(trunkline, works, { eventTypes: ['**', 'trunkline.*'], customer: 'customer_1' })
  const paused = await createEndpoint(trunkline, works, { eventTypes: ['order.*'] })
  await api.patch(`/endpoints/${paused.id}`, { status: 'paused' })
  const disabled = await createEndpoint(trunkline, works, { eventTypes: ['order.*'] })
  const deleted = await createEndpoint(trunkline, works, { eventTypes: ['order.*'] })

  await publish(api)
  await works.has(1)
  await api.patch(`/endpoints/${disabled.id}`, { status: 'disabled' })
  await api.delete(`/endpoints/${deleted.id}`)
  const posted = await post(sources)
  await closeSource(trunkline, 'disabled')
  await closeSource(trunkline, 'deleted')
  // The second attempts have failed, and the third ones are minutes away: nothing changes any more.
  await eventually(
    'deliveries that have come to rest',
    async () =>
      (await readAll(api, '/deliveries')).every((each) => {
        const { status, attempts, endpointId } = each as { status: string; attempts: number; endpointId: string }
        // A release of before shows all of these as pending.
        const isUnderWay = ['pending', 'sending', 'retrying'].includes(status)
        return !isUnderWay || endpointId === paused.id || (endpointId === failing.id && attempts === 2)
      }),
    { withinMs: 30_000, everyMs: 250 },
  )
  return posted
}

/** A source, and its address as the API shows it. */
type ShownSource = TestSource & { shownUrl: string }

async function openSource({ api, server }: Trunkline, kind: string): Promise<ShownSource> {
  const secret = sourceSecretOf(version, kind)
  const { json, text } = await api.post('/sources', { kind, name: `${kind} of the shop`, secret })
  const sender = senders.find((each) => each.kind === kind)
  if (!sender || !json.url) throw new Error(`the source was not created: ${text}`)
  const url = `${server.url}/in/${json.url.split('/in/')[1]}`
  return { ...testSource(sender, json.id, url, secret), shownUrl: json.url }
}

async function closeSource({ api }: Trunkline, how: 'disabled' | 'deleted'): Promise<void> {
  const { json } = await api.post('/sources', { kind: 'github', name: how, customer: 'customer_1' })
  if (how === 'deleted') await api.delete(`/sources/${json.id}`)
  else await api.patch(`/sources/${json.id}`, { isEnabled: false })
}

async function publish(api: Api): Promise<void> {
  await api.post('/events', { type: 'order.paid', data: { total: 12.5, note: '€ \u0000 \ud800' } })
  await api.post('/events', { type: 'order.sent', data: null, subject: 'order_1', orderKey: 'order_1' })
  await api.post('/events', { type: 'order.sent', data: ['ä', '漢'], customer: 'customer_1' })
  const exact = '{"type":"order.counted","data":{"big":12345678901234567890,"e":1.0e+2}}'
  await api.send('POST', '/events', exact, { 'content-type': 'application/json' })
}

/** What each provider sends: an event, the event again, and a forgery; and from GitHub what is odd. */
async function post(sources: readonly ShownSource[]): Promise<{ genuine: Posted[]; requestIds: string[] }> {
  const genuine: Posted[] = []
  const requestIds: string[] = []
  for (const [i, source] of sources.entries()) {
    const id = `kept-${i}`
    const { event, body } = source.sender.sample({ id: `evt_kept${i}` })
    const { json } = await source.post(body, { id, event })
    genuine.push({
      sourceId: source.id,
      kind: source.sender.kind,
      url: source.shownUrl,
      id,
      event,
      body: Buffer.from(body).toString(),
      requestId: json.requestId,
      eventIds: json.eventIds,
    })
    await source.post(body, { id, event })
    const forged = source.sign(body, { id: `forged-${i}`, event })
    const refused = await fetch(source.url, { method: 'POST', headers: forged, body: `${Buffer.from(body)} ` })
    expect(refused.status).toBe(401)
    requestIds.push(json.requestId, ((await refused.json()) as { requestId: string }).requestId)
  }
  const github = sources.find(({ sender }) => sender.kind === 'github')
  if (!github) throw new Error('nobody plays GitHub')
  const others = [
    await github.post('{"n":1}', { id: 'kept-0', event: 'push' }), // a known id with another body
    await github.post('{"n":', { id: 'kept-cut', event: 'push' }),
    await github.post('{"text":"\ud83c\udf32 \\u0000"}', { id: 'kept-text', event: 'issues' }),
  ]
  return { genuine, requestIds: [...requestIds, ...others.map(({ json }) => json.requestId)] }
}

async function askEverything(api: Api, requestIds: readonly string[]): Promise<Record<string, unknown>> {
  const answers: Record<string, unknown> = {}
  const ask = async (path: string) => {
    const { status, json, text } = await api.get(path)
    expect(status, `${path}: ${text}`).toBe(200)
    answers[path] = path.endsWith('/body') ? text : json
  }
  for (const list of ['/sources', '/endpoints', '/events', '/deliveries']) {
    const items = (await readAll(api, list)) as { id: string; requestId?: string | null }[]
    expect(items.length, list).toBeGreaterThan(3)
    answers[list] = items
    for (const { id } of items) await ask(`${list}/${id}`)
  }
  for (const id of new Set(requestIds)) await ask(`/requests/${id}`)
  return answers
}

async function keepData({ environment, dataFolder }: Place): Promise<void> {
  const folder = folderOf(version)
  if (environment.DATABASE_URL) {
    const client = new pg.Client({ connectionString: environment.DATABASE_URL })
    await client.connect()
    const text = await textOf(client, version).finally(() => client.end())
    return writeFileSync(join(folder, 'postgres.sql'), text)
  }
  const file = join(dataFolder, 'trunkline.db')
  const database = openDatabase(file)
  database.exec('PRAGMA wal_checkpoint(TRUNCATE)')
  database.close()
  const packed = gzipSync(readFileSync(file), { level: constants.Z_BEST_COMPRESSION })
  writeFileSync(join(folder, 'sqlite.db.gz'), packed)
}
