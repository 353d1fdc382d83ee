import { readAll } from './api.ts'
import { eventually } from './eventually.ts'
import { type Fleet, hashOf } from './fleet.ts'
import type { DeliveryStatus, SeenArrival, World } from './invariants.ts'

/** What a delivery's status is called outside of the tables. */
const statuses: Readonly<Record<string, DeliveryStatus>> = { 0: 'pending', 2: 'success', 3: 'failed' }

/** Nothing is sent for this long after the last delivery ended; what came later would be a stray. */
const quietMs = 1_500

/** Waits until this many events have been delivered everywhere. Answers how long that took. */
export async function settle({ place, endpoints }: Fleet, events: number, withinMs = 60_000): Promise<number> {
  const begin = performance.now()
  const wanted = events * endpoints.length
  await eventually(
    `the end of ${wanted} deliveries`,
    async () => {
      const [row] = await place.rows(
        'SELECT count(*) AS made, sum(CASE WHEN status >= 2 THEN 1 ELSE 0 END) AS ended FROM deliveries',
      )
      if (Number(row?.ended) < wanted) throw new Error(`${row?.made} are made and ${row?.ended} have ended`)
      return true
    },
    { withinMs, everyMs: 200 },
  )
  const took = performance.now() - begin
  await new Promise((resolve) => setTimeout(resolve, quietMs))
  return took
}

/** Everything that the tables, the API and the receivers know of a fleet that is quiet. */
export async function lookAt(
  fleet: Fleet,
  { posts, strikes, poisoned = [] }: Pick<World, 'posts' | 'strikes'> & { poisoned?: readonly string[] },
): Promise<World> {
  const { place, endpoints, concurrency, source } = fleet
  const events = await place.rows(
    'SELECT e.id, r.body FROM events e JOIN requests r ON r.id = e.request_id WHERE e.source_id = ?',
    [source.id],
  )
  const deliveries = await place.rows('SELECT id, endpoint_id, event_id, status, attempts FROM deliveries')
  const attempts = await place.rows('SELECT delivery_id, number, status FROM attempts')
  return {
    posts,
    strikes,
    poisoned,
    concurrency,
    leftOver: [],
    endpoints: endpoints.map(({ id }) => id),
    events: events.map(({ id, body }) => ({ id: String(id), hash: hashOf(body as Uint8Array) })),
    deliveries: deliveries.map((row) => ({
      id: String(row.id),
      endpointId: String(row.endpoint_id),
      eventId: String(row.event_id),
      status: statuses[String(row.status)] ?? 'pending',
      attempts: Number(row.attempts),
    })),
    attempts: attempts.map((row) => ({
      deliveryId: String(row.delivery_id),
      number: Number(row.number),
      status: row.status === null ? null : Number(row.status),
    })),
    arrivals: arrivalsOf(fleet),
    api: await countOverApi(fleet),
  }
}

/** What all receivers saw. */
export function arrivalsOf({ endpoints }: Pick<Fleet, 'endpoints'>): SeenArrival[] {
  const stopwatchBehind = Date.now() - performance.now()
  return endpoints.flatMap(({ id: endpointId, receiver, answers }) =>
    receiver.arrivals.map((arrival) => ({
      endpointId,
      eventId: arrival.id,
      hash: hashOf(dataOf(arrival.body.toString())),
      at: arrival.at,
      signedAt: Number(arrival.headers['webhook-timestamp']) * 1000 - stopwatchBehind,
      answered: answers.get(arrival)?.status ?? 0,
      atOnce: answers.get(arrival)?.atOnce ?? 0,
    })),
  )
}

/** The data of an envelope, as the bytes that they are. */
const dataOf = (body: string): string =>
  /^\{"type":"[^"]*","timestamp":"[^"]*","data":([\s\S]*)\}$/.exec(body)?.[1] ?? body

async function countOverApi({ api, source }: Fleet): Promise<World['api']> {
  const count = async (status: 'unfinished' | 'success' | 'failed') =>
    (await readAll(api, `/deliveries?status=${status}`)).length
  return {
    events: (await readAll(api, `/events?source=${source.id}`)).length,
    deliveries: { pending: await count('unfinished'), success: await count('success'), failed: await count('failed') },
  }
}

/** What servers that have all stopped as they should leave behind. */
export async function leftBehind(
  { place }: Pick<Fleet, 'place'>,
  { poisoned }: Pick<World, 'poisoned'>,
): Promise<string[]> {
  const lanes = await place.rows('SELECT endpoint_id, owner FROM lanes WHERE owner IS NOT NULL')
  const parked = await place.rows('SELECT event_id, error FROM parked')
  return [
    ...lanes.map((row) => `the lane of ${row.endpoint_id} still belongs to ${row.owner}`),
    ...parked
      .filter((row) => !poisoned.includes(String(row.event_id)))
      .map((row) => `${row.event_id} is parked: ${row.error}`),
  ]
}
