import type { Erased, ErasedCounts, ErasureReads, ErasureStore } from '../../retention/erasure-store.ts'
import { dayMs, dayOf } from '../days.ts'
import { letGoOn, lineEnds, type OrderEngine, touch } from '../order.ts'
import { erasedKey } from './erased-key.ts'
import type { Rows } from './sweep-walk.ts'

interface EventHead {
  id: string
  seq: number
  request_id: string | null
  received_at: number
}

/** How long the key of a published event is remembered. */
const publishedWindowMs = dayMs

/** After this long every attempt that was on the wire is recorded. */
const lateMs = 5 * 60 * 1000

const erased = (counts: Partial<ErasedCounts>, endpoints: readonly string[] = []): Erased => ({
  counts: { requests: 0, events: 0, held: 0, deliveries: 0, attempts: 0, parked: 0, keys: 0, accounts: 0, ...counts },
  endpoints,
})

/** All of it together. */
function together(all: readonly Erased[]): Erased {
  const { counts } = erased({})
  for (const each of all)
    for (const name of Object.keys(counts) as (keyof ErasedCounts)[]) counts[name] += each.counts[name]
  return { counts, endpoints: [...new Set(all.flatMap(({ endpoints }) => endpoints))] }
}

export function erasureReads(rows: Rows): ErasureReads {
  return {
    async eventsOfCustomer(workspaceId, customer, after, limit) {
      const found = await rows.all<{ seq: number; id: string; customer: string | null }>(
        'SELECT seq, id, customer FROM events WHERE workspace_id = ? AND seq > ? ORDER BY seq LIMIT ?',
        [workspaceId, after, limit],
      )
      return found.map((row) => ({ seq: row.seq, id: row.id, isTheirs: row.customer === customer }))
    },
  }
}

/** Erases on both engines: the statements are few and rare, and the same. */
export function erasureStore(order: OrderEngine): ErasureStore {
  const { rows } = order
  return {
    async eraseEvent(workspaceId, eventId, now, windowMs) {
      const { from, to } = dayOf('event', eventId)
      const [event] = await rows.all<EventHead>(
        `SELECT id, seq, request_id, received_at FROM events
         WHERE id = ? AND workspace_id = ? AND received_at >= ? AND received_at < ?`,
        [eventId, workspaceId, from, to],
      )
      if (!event) return undefined
      const parts = [await eraseOne(order, event, now)]
      if (event.request_id !== null) {
        parts.push(await eraseKeys(rows, event.request_id, event.received_at + windowMs, event.id))
        parts.push(await eraseBody(rows, event.request_id, event.received_at, now))
      } else parts.push(await erasePublishedKey(rows, event))
      return together(parts)
    },
    async eraseRequest(workspaceId, requestId, now, windowMs) {
      const { from, to } = dayOf('request', requestId)
      const [request] = await rows.all<{ received_at: number }>(
        `SELECT received_at FROM requests WHERE id = ? AND workspace_id = ? AND received_at >= ? AND received_at < ?`,
        [requestId, workspaceId, from, to],
      )
      if (!request) return undefined
      const at = request.received_at
      const events = await rows.all<EventHead>(
        `SELECT id, seq, request_id, received_at FROM events
         WHERE request_id = ? AND received_at = ? AND workspace_id = ?`,
        [requestId, at, workspaceId],
      )
      const parts = [await eraseHeldOf(rows, requestId, at, windowMs)]
      for (const event of events) parts.push(await eraseOne(order, event, now))
      parts.push(await eraseKeys(rows, requestId, at + windowMs, undefined))
      parts.push(await eraseBody(rows, requestId, at, now))
      return together(parts)
    },
    async eraseHeld(workspaceId, customer, now, windowMs, limit) {
      const requests = await rows.all<{ request_id: string; received_at: number }>(
        `SELECT DISTINCT request_id, received_at FROM held_events WHERE workspace_id = ? AND customer = ? LIMIT ?`,
        [workspaceId, customer, limit],
      )
      const parts: Erased[] = []
      for (const { request_id: id, received_at: at } of requests) {
        parts.push(
          await eraseHeldOf(rows, id, at, windowMs, { workspaceId, customer }),
          await eraseBody(rows, id, at, now),
        )
      }
      return together(parts)
    },
    eraseAccounts: (workspaceId, customer) => eraseAccounts(rows, workspaceId, customer),
    async eraseLate(before, now, limit) {
      const events = await rows.all<{ event_id: string }>(
        'SELECT event_id FROM erased_lately WHERE look_at < ? ORDER BY event_id LIMIT ?',
        [before, limit],
      )
      let attempts = 0
      for (const { event_id: id } of events) {
        attempts += await eraseAttempts(rows, id, now)
        await rows.run('DELETE FROM erased_lately WHERE event_id = ?', [id])
      }
      return { looked: events.length, attempts }
    },
  }
}

/** An event, and everything that hangs on it. */
async function eraseOne(order: OrderEngine, { id, seq, received_at }: EventHead, now: number): Promise<Erased> {
  const { rows } = order
  const events = await rows.run(
    `UPDATE events SET data = NULL, subject = NULL, order_key = NULL, erased_at = ?
     WHERE id = ? AND received_at = ? AND (data IS NOT NULL OR subject IS NOT NULL OR order_key IS NOT NULL OR erased_at IS NULL)`,
    [now, id, received_at],
  )
  const ended = await endDeliveries(order, id, now)
  const attempts = await eraseAttempts(rows, id, now)
  const parked = await rows.run(
    `UPDATE parked SET error = 'erased', subject = NULL
     WHERE follower IN (SELECT name FROM followers) AND seq = ? AND (error <> 'erased' OR subject IS NOT NULL)`,
    [seq],
  )
  await rows.run('INSERT INTO erased_lately (event_id, look_at) VALUES (?, ?) ON CONFLICT (event_id) DO NOTHING', [
    id,
    now + lateMs,
  ])
  return erased(
    { events, deliveries: ended.length, attempts, parked },
    ended.map((row) => row.endpoint_id),
  )
}

/** Ends what is unfinished, and takes the key away in whose order it stood; what waited behind it goes on. */
async function endDeliveries(
  order: OrderEngine,
  eventId: string,
  now: number,
): Promise<readonly { endpoint_id: string }[]> {
  const { rows } = order
  const all = await rows.all<{ id: string; endpoint_id: string; order_key: string | null }>(
    'SELECT id, endpoint_id, order_key FROM deliveries WHERE event_id = ? AND order_key IS NOT NULL',
    [eventId],
  )
  await touch(
    order,
    all.map((row) => row.endpoint_id),
    now,
  )
  const ended = await rows.all<{ endpoint_id: string }>(
    `UPDATE deliveries SET status = 3, cause = 'ERASED', due_at = ?, ended_at = ?
     WHERE event_id = ? AND status < 2 RETURNING endpoint_id`,
    [now, now, eventId],
  )
  if (all.length === 0) return ended
  await rows.run('UPDATE deliveries SET order_key = NULL WHERE event_id = ? AND order_key IS NOT NULL', [eventId])
  await letGoOn(order, lineEnds(all), now)
  return ended
}

function eraseAttempts(rows: Rows, eventId: string, now: number): Promise<number> {
  return rows.run(
    `UPDATE attempts SET response_body = '', response_headers = '[]', erased_at = ?
     WHERE delivery_id IN (SELECT id FROM deliveries WHERE event_id = ?)
       AND (response_body <> '' OR response_headers <> '[]')`,
    [now, eventId],
  )
}

/** The ids that the sender gave: found by when they expire, which follows from when the request was received. */
async function eraseKeys(
  rows: Rows,
  requestId: string,
  expiresAt: number,
  eventId: string | undefined,
): Promise<Erased> {
  const found = await rows.all<{ key: string; event_id: string }>(
    'SELECT key, event_id FROM dedupe_keys WHERE expires_at = ? AND request_id = ? ORDER BY hash, n',
    [expiresAt, requestId],
  )
  let keys = 0
  for (const { key, event_id } of found) {
    if (key.startsWith('erased:') || (eventId !== undefined && event_id !== eventId)) continue
    keys += await rows.run(
      'UPDATE dedupe_keys SET key = ? WHERE expires_at = ? AND request_id = ? AND event_id = ? AND key = ?',
      [erasedKey(key), expiresAt, requestId, event_id, key],
    )
  }
  return erased({ keys })
}

/** What a published event is remembered by for a day; of what was said in it nothing can be told from there. */
async function erasePublishedKey(rows: Rows, { id, received_at }: EventHead): Promise<Erased> {
  const which = 'expires_at = ? AND event_id = ?'
  const values = [received_at + publishedWindowMs, id]
  const [found] = await rows.all<{ key: string }>(`SELECT key FROM dedupe_keys WHERE ${which}`, values)
  if (!found || found.key.startsWith('erased:')) return erased({})
  const keys = await rows.run(`UPDATE dedupe_keys SET key = ? WHERE ${which}`, [erasedKey(found.key), ...values])
  return erased({ keys })
}

/** A request and those that repeat it with other bytes: they say the same. Names of headers and the path stay. */
async function eraseBody(rows: Rows, requestId: string, at: number, now: number): Promise<Erased> {
  const requests = await rows.all<{ id: string; received_at: number; headers: string; url: string }>(
    `SELECT id, received_at, headers, url FROM requests WHERE id = ? AND received_at = ?
     UNION ALL SELECT id, received_at, headers, url FROM requests WHERE repeat_of = ?`,
    [requestId, at, requestId],
  )
  let count = 0
  for (const { id, received_at, ...before } of requests) {
    await rows.run('UPDATE quarantined SET sealed_parts = NULL WHERE request_id = ? AND sealed_parts IS NOT NULL', [id])
    const headers = JSON.stringify((JSON.parse(before.headers) as [string, string][]).map(([name]) => [name, '']))
    const url = before.url.split('?', 1)[0] ?? ''
    count += await rows.run(
      `UPDATE requests SET body = NULL, headers = ?, url = ?, detail = NULL, erased_at = ?
       WHERE id = ? AND received_at = ?
         AND (body IS NOT NULL OR headers <> ? OR url <> ? OR detail IS NOT NULL OR erased_at IS NULL)`,
      [headers, url, now, id, received_at, headers, url],
    )
  }
  return erased({ requests: count })
}

/**
 * Events that wait are not made any more; their keys are claimed all the same, so that a repeat makes none either. All of the
 * request, or those of one customer: it may hold others' too.
 */
async function eraseHeldOf(
  rows: Rows,
  requestId: string,
  at: number,
  windowMs: number,
  whose?: { workspaceId: string; customer: string },
): Promise<Erased> {
  const [source] = await rows.all<{ source_id: string }>(
    'SELECT source_id FROM requests WHERE id = ? AND received_at = ?',
    [requestId, at],
  )
  if (!source) return erased({})
  const which = `source_id = ? AND request_id = ?${whose ? ' AND workspace_id = ? AND customer = ?' : ''}`
  const values = [source.source_id, requestId, ...(whose ? [whose.workspaceId, whose.customer] : [])]
  const held = await rows.all<{ id: string; dedupe_key: string | null; dedupe_hash: string | null }>(
    `SELECT id, dedupe_key, dedupe_hash FROM held_events WHERE ${which}`,
    values,
  )
  for (const { id, dedupe_key: key, dedupe_hash: hash } of held) {
    if (key === null || hash === null) continue
    await rows.run(
      `INSERT INTO dedupe_keys (hash, n, source_id, key, event_id, request_id, expires_at)
       VALUES (CAST(? AS bigint), 0, ?, ?, ?, ?, ?) ON CONFLICT (hash, n) DO NOTHING`,
      [hash, source.source_id, erasedKey(key), id, requestId, at + windowMs],
    )
  }
  await rows.run(`DELETE FROM held_events WHERE ${which}`, values)
  return erased({ held: held.length, keys: held.filter(({ dedupe_key }) => dedupe_key !== null).length })
}

async function eraseAccounts(rows: Rows, workspaceId: string, customer: string): Promise<Erased> {
  const users = await rows.run(
    `UPDATE users SET email = NULL, name = NULL, image_url = NULL
     WHERE workspace_id = ? AND customer = ? AND (email IS NOT NULL OR name IS NOT NULL OR image_url IS NOT NULL)`,
    [workspaceId, customer],
  )
  const payments = await rows.run(
    `UPDATE payments SET method = NULL, failure_reason = NULL
     WHERE workspace_id = ? AND customer = ? AND (method IS NOT NULL OR failure_reason IS NOT NULL)`,
    [workspaceId, customer],
  )
  return erased({ accounts: users + payments })
}
