import { expect } from 'vitest'
import { defaultWorkspaceId, newId } from '../src/base/id.ts'
import { type Api, createApi } from './api.ts'
import type { Engine } from './engines.ts'
import { eventually } from './eventually.ts'
import { openReceiver } from './receiver.ts'
import type { ServerProcess } from './server-process.ts'
import { apiKey, createEndpoint, newEvent, startTrunkline, type Trunkline } from './trunkline.ts'

export interface Replaying {
  deliveries: number
  /** The most that may become due in a second. */
  perSecond: number
  /** Whether the server is killed meanwhile; then the deliveries are put into the database, because they are many. */
  kill: boolean
}

interface JobShown {
  status: string
  error: string | null
  counts: Record<string, number> & { looked: number }
}

/**
 * Has a queue of deliveries cancelled, and sends them again at a rate, paused once and killed if asked for: each becomes due once,
 * in the order of the log, and arrives under its own id. A second replay is cancelled. Answers how fast the first went, in
 * deliveries a second.
 */
export async function surviveReplay(engine: Engine, { deliveries, perSecond, kill }: Replaying): Promise<number> {
  const trunkline = await startTrunkline(engine, { TRUNKLINE_LEASE_SECONDS: '3', TRUNKLINE_LOG_LEVEL: 'warn' })
  const receiver = await openReceiver()
  const type = newEvent()
  const { id: endpointId } = await createEndpoint(trunkline, receiver, { eventTypes: [type] })
  let { server } = trunkline
  let ids: string[]
  if (kill) {
    await server.end('SIGTERM')
    ids = await plant(trunkline, endpointId, type, deliveries)
    server = await server.again()
  } else ids = await cancelQueue(trunkline, endpointId, type, deliveries)

  let api = apiOf(server)
  const filter = { endpointId, cause: 'CANCELLED' }
  const plan = (await api.post('/replays/plan', { filter })).json
  if (plan.isAtLeast) expect(plan.count).toBeGreaterThan(0)
  else expect(plan.count).toBe(deliveries)
  expect(receiver.arrivals).toHaveLength(0)

  const id = await start(api, '/replays', { filter, perSecond })
  await reaches(api, id, Math.floor(deliveries * 0.3))
  const paused = (await api.post(`/jobs/${id}/pause`)).json
  await new Promise((resolve) => setTimeout(resolve, 400))
  expect((await read(api, id)).counts).toEqual(paused.counts)
  const firstPart = await restarts(trunkline)
  await api.post(`/jobs/${id}/resume`)
  if (kill) {
    await reaches(api, id, Math.floor(deliveries * 0.6))
    await server.end('SIGKILL')
    server = await server.again()
    api = apiOf(server)
    expect((await read(api, id)).counts.looked).toBeLessThan(deliveries)
  }
  const job = await done(api, id)
  expect(job.counts).toMatchObject({ looked: deliveries, replayed: deliveries, doneMeanwhile: 0, eventGone: 0 })
  await eventually(
    'every delivery to arrive',
    () => new Set(receiver.arrivals.map((each) => each.id)).size === deliveries,
    {
      withinMs: 60_000,
      everyMs: 100,
    },
  )
  expect(new Set(receiver.arrivals.map((each) => each.id))).toEqual(new Set(ids))
  const whole = await restarts(trunkline)
  expect(whole).toHaveLength(deliveries)
  expect(whole).toEqual([...whole].sort((a, b) => a - b))
  expectWithin(whole, perSecond)

  await eventually('every delivery to have succeeded', async () => (await count(trunkline, 2)) === deliveries, {
    withinMs: 30_000,
    everyMs: 100,
  })
  const again = await start(api, '/replays', { filter: { endpointId, status: ['success'] }, perSecond })
  await reaches(api, again, 1)
  const ended = (await api.post(`/jobs/${again}/cancel`)).json
  expect(ended).toMatchObject({ status: 'cancelled' })
  expect(ended.counts.looked).toBeLessThan(deliveries)
  await new Promise((resolve) => setTimeout(resolve, 400))
  expect((await read(api, again)).counts).toEqual(ended.counts)
  expect((await server.end('SIGTERM')).code).toBe(0)
  return rateOf(firstPart)
}

const apiOf = (server: ServerProcess): Api => createApi({ url: server.adminUrl }, apiKey)

/** Publishes events and cancels their deliveries before they are sent; answers the events' ids. */
async function cancelQueue(trunkline: Trunkline, endpointId: string, type: string, events: number): Promise<string[]> {
  const { api } = trunkline
  await api.patch(`/endpoints/${endpointId}`, { status: 'paused' })
  const ids = await publish(api, type, events)
  await eventually('a delivery of every event', async () => (await count(trunkline)) === events, { withinMs: 30_000 })
  const { counts } = await done(api, await start(api, '/deliveries/cancel', { filter: { endpointId } }))
  expect(counts).toMatchObject({ looked: events, cancelled: events })
  await api.patch(`/endpoints/${endpointId}`, { status: 'active' })
  return ids
}

/** Rows of one statement. */
const plantedAtOnce = 500

/** Puts events with cancelled deliveries into the database, as `cancelQueue` would leave them. */
async function plant({ place }: Trunkline, endpointId: string, type: string, events: number): Promise<string[]> {
  const now = Date.now() - events
  const ids = Array.from({ length: events }, (_, n) => newId('event', now + Math.floor(n / 20)))
  for (let from = 0; from < events; from += plantedAtOnce) {
    const some = ids.slice(from, from + plantedAtOnce)
    await place.rows(
      `INSERT INTO events (id, workspace_id, type, data, data_bytes, received_at)
       VALUES ${some.map(() => '(?, ?, ?, ?, ?, ?)').join(', ')}`,
      some.flatMap((id, i) => [id, defaultWorkspaceId, type, `{"n":${from + i}}`, 10, now]),
    )
  }
  await place.rows(
    `INSERT INTO deliveries (id, workspace_id, endpoint_id, event_id, event_seq, event_type, status, due_at, cause,
       created_at, ended_at)
     SELECT 'dlv_' || substr(id, 5), workspace_id, ?, id, seq, type, 3, received_at, 'CANCELLED', received_at, received_at
     FROM events WHERE type = ?`,
    [endpointId, type],
  )
  return ids
}

/** Publishes events, several at once; answers their ids. */
async function publish(api: Api, type: string, events: number): Promise<string[]> {
  const ids: string[] = []
  let next = 0
  const connection = async () => {
    for (let n = next++; n < events; n = next++) {
      const { status, json, text } = await api.post('/events', { type, data: { n } })
      if (status !== 202) throw new Error(`event ${n} was answered ${status}: ${text}`)
      ids.push(json.id)
    }
  }
  await Promise.all(Array.from({ length: 16 }, connection))
  return ids
}

async function count({ place }: Trunkline, status = 0): Promise<number> {
  const [row] = await place.rows('SELECT count(*) AS n FROM deliveries WHERE status = ?', [status])
  return Number(row?.n)
}

/** When each delivery was begun anew, in the order of the log. */
async function restarts({ place }: Trunkline): Promise<number[]> {
  const rows = await place.rows(
    `SELECT r.restarted_at AS at FROM restarted_deliveries r JOIN deliveries d ON d.id = r.delivery_id ORDER BY d.event_seq`,
  )
  return rows.map((row) => Number(row.at))
}

/** How many became due in a second, from the first step to the last. */
function rateOf(times: readonly number[]): number {
  const [first = 0, last = 0] = [times[0], times.at(-1)]
  return (times.filter((at) => at > first).length * 1000) / (last - first)
}

/** In no span of time more became due than the rate allows, and what a second that was missed may make up for. */
function expectWithin(times: readonly number[], perSecond: number): void {
  const slack = perSecond * 1.3
  let debt = 0
  for (const [i, at] of times.entries()) {
    debt = Math.max(0, debt - ((at - (times[i - 1] ?? at)) * perSecond) / 1000) + 1
    expect(debt).toBeLessThanOrEqual(slack)
  }
}

async function start(api: Api, path: string, body: unknown): Promise<string> {
  const { status, json, text } = await api.post(path, body)
  if (status !== 202) throw new Error(`${path} was answered ${status}: ${text}`)
  return json.id
}

const read = async (api: Api, id: string): Promise<JobShown> => (await api.get(`/jobs/${id}`)).json

async function reaches(api: Api, id: string, rows: number): Promise<void> {
  await eventually(`row ${rows}`, async () => (await read(api, id)).counts.looked >= rows, {
    withinMs: 600_000,
    everyMs: 20,
  })
}

async function done(api: Api, id: string): Promise<JobShown> {
  await eventually(`the end of ${id}`, async () => (await read(api, id)).status !== 'running', {
    withinMs: 900_000,
    everyMs: 20,
  })
  const job = await read(api, id)
  expect([job.status, job.error]).toEqual(['done', null])
  return job
}
