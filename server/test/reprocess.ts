import { expect } from 'vitest'
import { createApi } from './api.ts'
import type { Engine } from './engines.ts'
import { eventually } from './eventually.ts'
import type { ServerProcess } from './server-process.ts'
import { apiKey, createSource, startTrunkline, type TestSource, type Trunkline } from './trunkline.ts'

const preload = new URL('./changed-parser.mjs', import.meta.url).href
/** Environment of a server whose generic sources have this parser. */
const parsing = (parser: 'before' | 'after') => ({
  NODE_OPTIONS: `--import=${preload}`,
  TRUNKLINE_TEST_PARSER: parser,
})

const connections = 8

export interface Reprocessing {
  requests: number
  /** How often the server is killed while it reads them again. */
  kills: number
  /** The job's rate, where it would be over before it could be killed. */
  perSecond?: number
}

/**
 * Has two sources take the same requests, and reads both again with a parser that has changed: one source in one go, the
 * other while the server is killed again and again. Then both have come to the same, row by row.
 */
export async function surviveReprocessing(engine: Engine, { requests, kills, perSecond }: Reprocessing) {
  const trunkline = await startTrunkline(engine, {
    ...parsing('before'),
    TRUNKLINE_LEASE_SECONDS: '3',
    TRUNKLINE_LOG_LEVEL: 'warn',
  })
  const [killed, clean] = [await createSource(trunkline, 'generic'), await createSource(trunkline, 'generic')]
  await Promise.all([post(killed, requests), post(clean, requests)])
  const before = await contents(trunkline, killed)
  expect(before).toHaveLength(requests)
  await trunkline.server.end('SIGTERM')

  let server = await trunkline.server.again(parsing('after'))
  const id = await start(server, killed, perSecond)
  const looked: number[] = []
  for (let kill = 1; kill <= kills; kill++) {
    const moment = Math.floor((requests * kill) / (kills + 1))
    await eventually(`row ${moment}`, async () => (await read(server, id)).counts.looked >= moment, {
      everyMs: 5,
      withinMs: 120_000,
    })
    await server.end('SIGKILL')
    server = await server.again(parsing('after'))
    looked.push((await read(server, id)).counts.looked)
  }
  const job = await done(server, id)
  const cleanJob = await done(server, await start(server, clean))
  expect(job.counts).toEqual(cleanJob.counts)
  expect(job.counts.looked).toBe(requests)
  // Each kill came in the middle, and something was left to do after it.
  for (const each of looked) expect(each).toBeLessThan(requests)

  const after = await contents(trunkline, killed)
  expect(after).toEqual(await contents(trunkline, clean))
  expect(after).toEqual(Array.from({ length: requests }, (_, n) => expected(n)))
  expect(await isInOrder(trunkline, killed)).toBe(true)
  const again = await done(server, await start(server, killed))
  expect(again.counts).toMatchObject({ looked: requests, unchanged: requests, appended: 0, mended: 0 })
  expect((await server.end('SIGTERM')).code).toBe(0)
  return { looked, counts: job.counts }
}

/** The same requests to each source: every fifth without an id of its own. */
async function post({ url }: TestSource, requests: number): Promise<void> {
  let next = 0
  const connection = async () => {
    for (let n = next++; n < requests; n = next++) {
      const headers: Record<string, string> = { 'content-type': 'application/json' }
      if (n % 5 !== 4) headers['idempotency-key'] = `key-${n}`
      const answer = await fetch(url, { method: 'POST', headers, body: bodyOf(n) })
      await answer.arrayBuffer()
      if (answer.status !== 200) throw new Error(`request ${n} was answered ${answer.status}`)
    }
  }
  await Promise.all(Array.from({ length: connections }, connection))
}

const bodyOf = (n: number) => `{ "n": ${n} }`

interface Outcome {
  n: number
  cause: string | null
  /** Type, subject and data of each event, and the key that leads to it. */
  events: string[]
}

/** What a clean run comes to. Events of before stay; a key leads to the event that today's parser makes. */
function expected(n: number): Outcome {
  const event = (type: string, data: string, key: string | null) =>
    `generic.${type} ${data} ${(n % 5 === 4 ? null : key?.replace('key', `key-${n}`)) ?? null}`
  const part = (name: string, key: string) => event('event', JSON.stringify({ n, name }), key)
  const own = (key: string | null) => event('event', bodyOf(n), key)
  const events = [
    [own('key')],
    [own(null), part('first', 'key'), part('second', 'key/second')],
    [own(null), event('renamed', bodyOf(n), 'key')],
    [own('key'), part('more', 'key/more')],
    [own(null), own(null), part('third', 'key')],
  ][n % 5]
  return { n, cause: null, events: (events ?? []).sort() }
}

/** Every request of a source in the order of its number, with its events. */
async function contents({ place }: Trunkline, { id }: TestSource): Promise<Outcome[]> {
  const requests = await place.rows('SELECT id, cause, body FROM requests WHERE source_id = ?', [id])
  const events = await place.rows(
    `SELECT e.request_id, e.type, e.subject, e.data, k.key FROM events e
     LEFT JOIN dedupe_keys k ON k.event_id = e.id WHERE e.source_id = ?`,
    [id],
  )
  const outcomes = new Map(
    requests.map(({ id: request, cause, body }) => {
      const { n } = JSON.parse(Buffer.from(body as Uint8Array).toString()) as { n: number }
      return [request, { n, cause: cause as string | null, events: [] as string[] }]
    }),
  )
  for (const { request_id, type, subject, data, key } of events) {
    const outcome = outcomes.get(request_id)
    if (subject !== `n ${outcome?.n}`) throw new Error(`an event "${type}" of "${subject}" is of another request`)
    outcome?.events.push(`${type} ${data} ${key}`)
  }
  return [...outcomes.values()].map((each) => ({ ...each, events: each.events.sort() })).sort((a, b) => a.n - b.n)
}

/** Whether what reading again has made stands in the log in the order of receipt. */
async function isInOrder({ place }: Trunkline, { id }: TestSource): Promise<boolean> {
  const rows = await place.rows(
    `SELECT request_id FROM events WHERE source_id = ? AND (data LIKE '%name%' OR type = 'generic.renamed') ORDER BY seq`,
    [id],
  )
  return rows.every(({ request_id }, i) => i === 0 || String(rows[i - 1]?.request_id) <= String(request_id))
}

interface JobShown {
  status: string
  error: string | null
  counts: Record<string, number> & { looked: number }
}

async function start(server: ServerProcess, { id }: TestSource, perSecond?: number): Promise<string> {
  const rate = perSecond === undefined ? {} : { perSecond }
  const api = createApi({ url: server.adminUrl }, apiKey)
  const { status, json } = await api.post('/requests/reprocess', { filter: { sourceId: id }, ...rate })
  expect(status).toBe(202)
  return json.id
}

const read = async (server: ServerProcess, id: string): Promise<JobShown> =>
  (await createApi({ url: server.adminUrl }, apiKey).get(`/jobs/${id}`)).json

async function done(server: ServerProcess, id: string): Promise<JobShown> {
  await eventually(`the end of ${id}`, async () => (await read(server, id)).status !== 'running', {
    everyMs: 20,
    withinMs: 600_000,
  })
  const job = await read(server, id)
  expect([job.status, job.error]).toEqual(['done', null])
  return job
}
