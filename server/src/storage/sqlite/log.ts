import type { Kysely } from 'kysely'
import type { DedupeKey, NewEvent } from '../../events/event.ts'
import type { LogStore } from '../../events/log-store.ts'
import type { NewRequest, Receipt, RequestEvents } from '../../events/request.ts'
import { duplicateOf, heldOf, publishedAs, repeatedIn } from '../duplicate.ts'
import { toLogged } from '../event-rows.ts'
import { eventScan } from '../event-scan.ts'
import { type HeldRequest, heldEvents, type Outcome } from '../held.ts'
import { reparsing } from '../reparse.ts'
import { fullLength, timesText } from '../repeat-times.ts'
import { isSameKey } from '../retention/erased-key.ts'
import { storableText } from '../rows.ts'
import type { Tables } from '../tables.ts'
import type { Database, Row } from './database.ts'

/** The log on SQLite: prepared statements, one row at a time. Inside one process a statement costs no round trip. */
export function sqliteLog(db: Database, kysely: Kysely<Tables>): LogStore {
  const held = heldEvents(kysely)
  const reparse = reparsing(kysely, {
    locks: false,
    held,
    claim: async (requests, windowMs) =>
      requests.map((request) => claimKeys(db, request, windowMs).map((known) => known && ownerOf(known))),
    insert: async (events) => void events.map((event) => insertEvent(db, event)),
  })
  return {
    reparse,
    eventsAt: eventScan(kysely).eventsAt,
    async appendRequests(requests, dedupeWindowMs) {
      const holding = holdingAmong(db, requests)
      const isHeld = ({ sourceId, events }: NewRequest) => events.length > 0 && holding.has(sourceId)
      if (holding.size > 0) await held.insert(requests.filter(isHeld))
      return requests.map((request) =>
        isHeld(request) ? holdRequest(db, request) : appendRequest(db, request, dedupeWindowMs),
      )
    },
    async releaseHeld(sourceId, batch, dedupeWindowMs) {
      const source = db.one('SELECT holding FROM sources WHERE id = ?', [sourceId])
      if (source?.holding !== 2) return { requests: 0, events: 0, isDone: true }
      const requests = await held.oldest(sourceId, batch)
      let events = 0
      const outcomes = requests.map((request) => {
        const { made, outcome } = release(db, request, dedupeWindowMs)
        events += made
        return outcome
      })
      await held.settle(sourceId, outcomes)
      return { requests: requests.length, events, isDone: await held.finish(sourceId) }
    },
    async claimPublished(events, windowMs) {
      return events.map((event) => {
        const [known] = claimKeys(db, publishedAs(event), windowMs)
        return known && { eventId: String(known.event_id), fingerprint: String(known.request_id) }
      })
    },
    async appendEvents(events) {
      return events.map((event) => insertEvent(db, event))
    },
    async warn(seq, _, warning) {
      db.run('UPDATE events SET warning = ? WHERE seq = ?', [warning, seq])
    },
    async keepRecords(requests, repeatOf) {
      for (const request of requests) insertRequest(db, request, repeatOf ?? null)
    },
    async eventsAfter(seq, upTo, limit, withData) {
      const rows = db.all(
        `SELECT seq, id, workspace_id, customer, source_id, request_id, type, subject, order_key, received_at,
           data_bytes${withData ? ', data' : ''} FROM events WHERE seq > ? AND seq <= ? ORDER BY seq LIMIT ?`,
        [seq, upTo, limit],
      )
      return rows.map((row) => toLogged(row as unknown as Parameters<typeof toLogged>[0]))
    },
    async dataOf(events) {
      const found = new Map<number, string | null>()
      for (const { seq } of events) {
        const row = db.one('SELECT data FROM events WHERE seq = ?', [seq])
        if (row) found.set(seq, row.data as string | null)
      }
      return found
    },
    async reach(seq, upTo, limit) {
      const row = db.one(
        `SELECT count(*) AS count, max(seq) AS last FROM
           (SELECT seq FROM events WHERE seq > ? AND seq <= ? ORDER BY seq LIMIT ?)`,
        [seq, upTo, limit],
      )
      return { count: Number(row?.count ?? 0), last: Number(row?.last ?? seq) }
    },
    async eventsOfTypes(types, seq, upTo, withData) {
      const rows = db.all(
        `SELECT seq, id, workspace_id, customer, source_id, request_id, type, subject, order_key, received_at,
           data_bytes${withData ? ', data' : ''} FROM events
         WHERE seq > ? AND seq <= ? AND type IN (${types.map(() => '?').join(', ')}) ORDER BY seq`,
        [seq, upTo, ...types],
      )
      return rows.map((row) => toLogged(row as unknown as Parameters<typeof toLogged>[0]))
    },
  }
}

/** Those of the requests' sources whose requests wait. */
function holdingAmong(db: Database, requests: readonly NewRequest[]): Set<string> {
  const sourceIds = new Set(requests.map(({ sourceId }) => sourceId))
  return new Set(
    [...sourceIds].filter((id) => db.one('SELECT 1 AS one FROM sources WHERE id = ? AND holding > 0', [id])),
  )
}

function holdRequest(db: Database, request: NewRequest): Receipt {
  insertRequest(db, heldOf(request), null)
  return { requestId: request.id, eventIds: [], isRepeat: false, bodyDiffers: false, isHeld: true }
}

function release(db: Database, request: HeldRequest, dedupeWindowMs: number): { made: number; outcome: Outcome } {
  const first = claimKeys(db, request, dedupeWindowMs)
  if (isWholeRepeat(first)) {
    const requestId = String(first[0]?.request_id)
    return { made: 0, outcome: { request, ...repeatedIn(requestId, countRepeat(db, request, first)) } }
  }
  const fresh = request.events.filter((_, i) => !first[i])
  for (const event of fresh) insertEvent(db, event)
  return { made: fresh.length, outcome: { request, cause: request.cause, detail: request.detail, repeatOf: null } }
}

function appendRequest(db: Database, request: NewRequest, dedupeWindowMs: number): Receipt {
  const first = claimKeys(db, request, dedupeWindowMs)
  if (isWholeRepeat(first)) return noteRepeat(db, request, first)
  insertRequest(db, request, null)
  const eventIds = request.events.map((event, i) => {
    const known = first[i]
    if (known) return String(known.event_id)
    insertEvent(db, event)
    return event.id
  })
  return { requestId: request.id, eventIds, isRepeat: false, bodyDiffers: false }
}

/** Who has each event's key already; the others' keys are their own from now on. */
function claimKeys(db: Database, request: RequestEvents, windowMs: number): (Row | undefined)[] {
  return request.events.map((event) =>
    event.dedupe ? claimKey(db, request, event, event.dedupe, windowMs) : undefined,
  )
}

const ownerOf = (known: Row) => ({ eventId: String(known.event_id), requestId: String(known.request_id) })

/** Whether every event of a request is known. */
function isWholeRepeat(first: (Row | undefined)[]): first is Row[] {
  return first.length > 0 && first.every((known) => known !== undefined)
}

/** Makes the key this event's own, or answers the row of the event that has it already. */
function claimKey(
  db: Database,
  request: RequestEvents,
  event: NewEvent,
  { key, hash }: DedupeKey,
  windowMs: number,
): Row | undefined {
  const expiresAt = request.receivedAt + windowMs
  for (let n = 0; ; n++) {
    const inserted = db.run(
      `INSERT INTO dedupe_keys (hash, n, source_id, key, event_id, request_id, expires_at) VALUES (?, ?, ?, ?, ?, ?, ?)
       ON CONFLICT (hash, n) DO NOTHING`,
      [BigInt(hash), n, request.sourceId, key, event.id, request.id, expiresAt],
    )
    if (inserted > 0) return undefined
    const known = db.one(
      'SELECT n, source_id, key, event_id, request_id, expires_at FROM dedupe_keys WHERE hash = ? AND n = ?',
      [BigInt(hash), n],
    )
    if (!known || known.source_id !== request.sourceId || !isSameKey(known.key, storableText(key))) continue
    if (Number(known.expires_at) > request.receivedAt) return known
    db.run(
      'UPDATE dedupe_keys SET key = ?, event_id = ?, request_id = ?, expires_at = ?, repeats = 0, repeated_at = NULL WHERE hash = ? AND n = ?',
      [key, event.id, request.id, expiresAt, BigInt(hash), n],
    )
    return undefined
  }
}

/** A request of which every event is known. With the same bytes it is only counted; with others it is kept, but makes no event. */
function noteRepeat(db: Database, request: NewRequest, first: readonly Row[]): Receipt {
  const bodyDiffers = countRepeat(db, request, first)
  const requestId = String(first[0]?.request_id)
  if (bodyDiffers) insertRequest(db, duplicateOf(request, requestId), requestId)
  return { requestId, eventIds: first.map((known) => String(known.event_id)), isRepeat: true, bodyDiffers }
}

/** The first time and the list begin anew with the first repeat of a window. */
const countStatement = `UPDATE dedupe_keys SET repeats = repeats + 1, repeated_at = ?,
    first_repeated_at = CASE repeats WHEN 0 THEN ? ELSE first_repeated_at END,
    repeat_times = substr(? || CASE repeats WHEN 0 THEN '' ELSE coalesce(',' || repeat_times, '') END, 1, ${fullLength})
  WHERE hash = ? AND n = ?`

/** Answers whether the repeat's bytes are others. */
function countRepeat(db: Database, request: RequestEvents, first: readonly Row[]): boolean {
  let bodyDiffers = false
  for (const [i, event] of request.events.entries()) {
    const known = first[i]
    if (!known || !event.dedupe) continue
    const at = request.receivedAt
    db.run(countStatement, [at, at, timesText([at]), BigInt(event.dedupe.hash), known.n ?? 0])
    bodyDiffers ||= !hasSameData(db, request, event, known)
  }
  return bodyDiffers
}

/** Compares with what the first one holds. What has been erased since cannot differ. */
function hasSameData(db: Database, request: RequestEvents, event: NewEvent, known: Row): boolean {
  if (event.data !== null) {
    const first = db.one('SELECT data = CAST(? AS TEXT) AS same FROM events WHERE id = ?', [
      event.data,
      known.event_id ?? null,
    ])
    return first?.same !== 0
  }
  const first = db.one('SELECT body = ? AS same FROM requests WHERE id = ?', [request.body, known.request_id ?? null])
  return first?.same !== 0
}

function insertRequest(db: Database, request: NewRequest, repeatOf: string | null): void {
  db.run(
    `INSERT INTO requests (id, workspace_id, source_id, received_at, method, url, headers, body, body_bytes, sender_address,
       verdict, cause, detail, repeat_of, read_ms, verify_ms, parse_ms)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    [
      request.id,
      request.workspaceId,
      request.sourceId,
      request.receivedAt,
      request.method,
      request.url,
      JSON.stringify(request.headers),
      request.body,
      request.bodyBytes,
      request.senderAddress,
      request.verdict,
      request.cause,
      request.detail,
      repeatOf,
      request.readMs,
      request.verifyMs,
      request.parseMs,
    ],
  )
}

// The data is a text or its bytes in UTF-8; a cast of bytes takes them as they are.
function insertEvent(db: Database, event: NewEvent): number {
  return db.insert(
    `INSERT INTO events (id, workspace_id, customer, source_id, request_id, type, subject, order_key, data, data_bytes, received_at,
       hops)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, CAST(? AS TEXT), ?, ?, ?)`,
    [
      event.id,
      event.workspaceId,
      event.customer,
      event.sourceId,
      event.requestId,
      event.type,
      event.subject,
      event.orderKey,
      event.data,
      event.data === null ? 0 : Buffer.byteLength(event.data),
      event.receivedAt,
      event.hops ?? null,
    ],
  )
}
