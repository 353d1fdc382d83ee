import { randomUUID } from 'node:crypto'
import { expect } from 'vitest'
import { eventually } from './eventually.ts'
import type { Arrival, Receiver } from './receiver.ts'
import type { TestSource, Trunkline } from './trunkline.ts'

/** Senders that post one event after the other, and each until it is acknowledged. */
export interface Load {
  /** How many events have been acknowledged so far. */
  acknowledged(): number
  /** Starts no new event, and waits until every one that was begun is acknowledged. Answers what each was told. */
  finish(withinMs?: number): Promise<ReadonlyMap<number, string>>
  /** Every answer that was not 2xx, and how long it took. */
  refusals: readonly Refusal[]
  /** How long each answer took at most. */
  slowestMs(): number
}

export interface Refusal {
  status: number
  retryAfter: string | null
  ms: number
}

const run = randomUUID()

/** The body of the nth event. */
export const bodyOf = (n: number, padding = ''): string => `{"n":${n},"padding":"${padding}"}`

/**
 * Starts senders. A post that fails in any way is repeated with the same id, as a provider would, after a moment in
 * which the server may come back.
 */
export function startLoad(source: TestSource, { connections = 50, pauseMs = 0, padding = '' } = {}): Load {
  const told = new Map<number, string>()
  const refusals: Refusal[] = []
  let next = 0
  let slowestMs = 0
  let isOver = false

  async function post(n: number): Promise<boolean> {
    const begin = performance.now()
    try {
      const { status, headers, json } = await source.post(bodyOf(n, padding), { id: `${run}-${n}` })
      const ms = performance.now() - begin
      slowestMs = Math.max(slowestMs, ms)
      if (status === 200) told.set(n, json.eventIds[0])
      else refusals.push({ status, retryAfter: headers.get('retry-after'), ms })
      return status === 200
    } catch {
      return false // no answer: the server is gone
    }
  }

  async function send(): Promise<void> {
    while (!isOver) {
      const n = next++
      while (!(await post(n))) await new Promise((resolve) => setTimeout(resolve, 50))
      if (pauseMs > 0) await new Promise((resolve) => setTimeout(resolve, pauseMs))
    }
  }

  const senders = Promise.all(Array.from({ length: connections }, send))
  return {
    acknowledged: () => told.size,
    refusals,
    slowestMs: () => slowestMs,
    async finish(withinMs = 30_000) {
      isOver = true
      let timer: NodeJS.Timeout | undefined
      const late = new Promise<never>((_, reject) => {
        timer = setTimeout(() => reject(new Error(`not every event was acknowledged within ${withinMs} ms`)), withinMs)
      })
      await Promise.race([senders, late]).finally(() => clearTimeout(timer))
      return told
    },
  }
}

/**
 * The promise of the whole server, after whatever happened to it: each acknowledged event is stored exactly once, byte
 * for byte, under the id that its sender was told, and delivered at least once under that id; nothing else is stored,
 * and nothing is left over. `unrecorded` is how many deliveries may have been made without a record, because the server
 * died between the two.
 */
export async function expectNothingLost(
  { place }: Trunkline,
  {
    source,
    told,
    receiver,
    unrecorded,
    padding = '',
    withinMs = 30_000,
  }: {
    source: TestSource
    told: ReadonlyMap<number, string>
    receiver: Receiver
    unrecorded: number
    padding?: string
    withinMs?: number
  },
): Promise<void> {
  await eventually(
    'every delivery to succeed',
    async () => {
      const [row] = await place.rows('SELECT count(*) AS n FROM deliveries WHERE status = 2')
      if (Number(row?.n) < told.size) throw new Error(`${row?.n} of ${told.size} have`)
      return true
    },
    { withinMs, everyMs: 200 },
  )
  const stored = await place.rows(
    'SELECT e.id, e.data, r.body FROM events e JOIN requests r ON r.id = e.request_id WHERE e.source_id = ?',
    [source.id],
  )
  const byNumber = new Map(stored.map((row) => [JSON.parse(String(row.data)).n as number, row]))
  expect(stored.length, 'events stored').toBe(told.size)
  expect(byNumber.size, 'events stored once').toBe(told.size)
  const arrivals = new Map<string, Arrival[]>()
  for (const each of receiver.arrivals) arrivals.set(each.id, [...(arrivals.get(each.id) ?? []), each])
  for (const [n, id] of told) {
    const row = byNumber.get(n)
    const body = bodyOf(n, padding)
    if (row?.id !== id || !Buffer.from(row.body as Uint8Array).equals(Buffer.from(body)))
      throw new Error(`event ${n} was acknowledged as ${id} and is stored as ${row?.id}`)
    const [first] = arrivals.get(id) ?? []
    if (!first?.body.toString().endsWith(`"data":${body}}`)) throw new Error(`event ${n} (${id}) was not delivered`)
  }
  expect(arrivals.size, 'events delivered').toBe(told.size)
  const [attempts] = await place.rows('SELECT count(*) AS n FROM attempts WHERE status = 204')
  const surplus = receiver.arrivals.length - Number(attempts?.n)
  expect(surplus, 'deliveries without a record').toBeGreaterThanOrEqual(0)
  expect(surplus, 'deliveries without a record').toBeLessThanOrEqual(unrecorded)
  const [requests] = await place.rows('SELECT count(*) AS n FROM requests WHERE source_id = ?', [source.id])
  expect(Number(requests?.n), 'requests stored').toBe(told.size)
  const [deliveries] = await place.rows('SELECT count(*) AS n FROM deliveries')
  expect(Number(deliveries?.n), 'deliveries').toBe(told.size)
}
