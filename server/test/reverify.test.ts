import { beforeAll, describe, expect, it } from 'vitest'
import { makeStandardSecret } from '../src/inbound/signature/secret.ts'
import { type Api, createApi } from './api.ts'
import { engines } from './engines.ts'
import { eventually } from './eventually.ts'
import { atTime } from './releases/clock.ts'
import { apiKey, createSource, startTrunkline, type TestSource, type Trunkline, testSource } from './trunkline.ts'

const dayMs = 24 * 60 * 60 * 1000
/** So many that a job at this rate is not done when it is killed. */
const orders = 30
const perSecond = 20

/** The same sender with another secret. */
const using = ({ sender, id, url, address }: TestSource, secret: string, path?: string): TestSource =>
  testSource(sender, id, path ?? url, secret, path ?? address)

describe.each(engines)('requests that were refused by a server on $name', (engine) => {
  let trunkline: Trunkline
  beforeAll(async () => {
    trunkline = await startTrunkline(engine, { TRUNKLINE_LEASE_SECONDS: '3' })
  })

  it('are accepted once each, in order, though the server is killed in the middle of it', async () => {
    const { server, place, api } = trunkline
    const source = await createSource({ server, api }, 'standard-webhooks')
    const right = makeStandardSecret()
    const provider = using(source, right)
    for (let n = 0; n < orders; n++) await expectRefused(provider, n)
    await api.patch(`/sources/${source.id}`, { secret: right })
    // One that was refused comes again, and is accepted as it comes: its former self is a repeat then.
    const again = await provider.post(order(7), { id: 'msg_7' })
    expect(again.status).toBe(200)

    const { json: job } = await api.post(`/sources/${source.id}/reverify`, { perSecond })
    await eventually('the first of it', async () => (await read(api, job.id)).counts.accepted > 0)
    await server.end('SIGKILL')
    const [half] = await place.rows('SELECT count(*) AS n FROM events WHERE source_id = ?', [source.id])
    expect(Number(half?.n)).toBeLessThan(orders)
    const next = await server.again()
    const then = createApi(next, apiKey)
    trunkline = { server: next, place, api: then }
    expect(await done(then, job.id)).toMatchObject({ looked: orders, accepted: orders - 1, repeats: 1, gone: 0 })
    const events = await place.rows('SELECT data FROM events WHERE source_id = ? ORDER BY seq', [source.id])
    const expected = Array.from({ length: orders }, (_, n) => n).filter((n) => n !== 7)
    expect(events.map(({ data }) => JSON.parse(String(data)).n)).toEqual([7, ...expected])
    const [repeat] = (await then.get(`/requests?source=${source.id}&cause=REPEATED`)).json.data
    const record = (await then.get(`/requests/${repeat.id}`)).json
    expect(record).toMatchObject({ verdict: 'duplicate', repeatOf: again.json.requestId })
    expect(record.acceptedAt).not.toBeNull()

    const { json: second } = await then.post(`/sources/${source.id}/reverify`, {})
    expect(await done(then, second.id)).toMatchObject({ looked: 0 })
    const [left] = await place.rows('SELECT count(*) AS n FROM quarantined')
    expect(Number(left?.n)).toBe(0)
  })

  it('at a path that several share are theirs whose secret they fit, and go when they are old', async () => {
    const { server, place, api } = trunkline
    const first = await createSource({ server, api }, 'kapso', { fixedPath: true })
    const second = await createSource({ server, api }, 'kapso', { fixedPath: true })
    const right = 'entered wrongly at first'
    const path = `${server.url}/webhook/kapso`
    const mine = await refusedAs(using(second, right, path), 'mine')
    const forged = await refusedAs(using(second, 'of somebody else', path), 'forged')
    // To the first one's own URL: it is the first one's, whatever it fits.
    const elsewhere = await refusedAs(using(first, right), 'elsewhere')
    const sourceOf = async (id: string) => (await api.get(`/requests/${id}`)).json.sourceId
    expect([await sourceOf(mine), await sourceOf(forged)]).toEqual([first.id, first.id])

    await api.patch(`/sources/${second.id}`, { secret: right })
    const { json: job } = await api.post(`/sources/${second.id}/reverify`, {})
    expect(await done(api, job.id)).toMatchObject({ looked: 3, accepted: 1, stillRefused: 1, gone: 0 })
    const record = (await api.get(`/requests/${mine}`)).json
    expect(record).toMatchObject({ verdict: 'verified', cause: null, sourceId: second.id })
    const events = (await api.get(`/events?source=${second.id}`)).json.data
    expect(events.map(({ requestId }: { requestId: string }) => requestId)).toEqual([mine])
    expect([await sourceOf(forged), await sourceOf(elsewhere)]).toEqual([first.id, first.id])

    await server.end('SIGTERM')
    const away = await atTime(place, performance.timeOrigin + performance.now() + 8 * dayMs)
    const late = await server.again({ ...away, TRUNKLINE_CLOCK_SETTLES_MINUTES: '0' })
    const then = createApi(late, apiKey)
    const status = async (id: string) => (await then.get(`/requests/${id}`)).status
    await eventually('what is refused to go', async () => (await status(forged)) === 404, { withinMs: 30_000 })
    expect([await status(elsewhere), await status(mine)]).toEqual([404, 200])
    const { json: empty } = await then.post(`/sources/${second.id}/reverify`, {})
    expect(await done(then, empty.id)).toMatchObject({ looked: 0 })
    await late.end('SIGTERM')
  })
})

const order = (n: number): string => JSON.stringify({ type: 'order.paid', n })

async function expectRefused(provider: TestSource, n: number): Promise<void> {
  expect((await provider.post(order(n), { id: `msg_${n}` })).status).toBe(401)
}

/** Answers the id of its record. */
async function refusedAs(sender: TestSource, id: string): Promise<string> {
  const { status, json } = await sender.post(order(0), { id, event: 'whatsapp.message.received' })
  expect(status).toBe(401)
  return json.requestId
}

const read = async (api: Api, id: string) => (await api.get(`/jobs/${id}`)).json

/** What a job has counted once it is done. */
async function done(api: Api, id: string) {
  const job = await eventually(
    'the end of the job',
    async () => {
      const found = await read(api, id)
      return found.status === 'done' && found
    },
    { withinMs: 60_000 },
  )
  return job.counts
}
