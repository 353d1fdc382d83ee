import type { Kysely } from 'kysely'
import { together } from '../../base/together.ts'
import type { NewEvent } from '../../events/event.ts'
import type { LogStore } from '../../events/log-store.ts'
import type { NewRequest, Receipt } from '../../events/request.ts'
import { duplicateOf, heldOf, publishedAs } from '../duplicate.ts'
import { toLogged } from '../event-rows.ts'
import { eventScan } from '../event-scan.ts'
import { heldEvents } from '../held.ts'
import { reparsing } from '../reparse.ts'
import type { Tables } from '../tables.ts'
import { byteArrays, floats, integers, texts } from './arrays.ts'
import { chunks } from './chunks.ts'
import { claimKeys, type Known } from './dedupe.ts'
import { holdingAmong, releaseHeld, unclaim } from './release.ts'
import { noteRepeats } from './repeats.ts'
import type { Session, Statement } from './session.ts'
import { lookAgain } from './sweep-bodies.ts'
import { beginAppending } from './watermark.ts'

/** The log on PostgreSQL: a handful of statements for a whole group, because each one is a round trip. */
export function postgresLog(session: Session, db: Kysely<Tables>): LogStore {
  const held = heldEvents(db)
  const reparse = reparsing(db, {
    locks: true,
    held,
    claim: (requests, windowMs) => claimKeys(session, requests, windowMs),
    async insert(events) {
      await insertEvents(session, events)
      await lookAgain(session, events)
    },
  })
  return {
    reparse,
    eventsAt: eventScan(db).eventsAt,
    async appendRequests(requests, dedupeWindowMs) {
      // In this order also on the server: who releases a source locks it first and claims keys then.
      const [holding, known] = await together([
        holdingAmong(session, requests),
        claimKeys(session, requests, dedupeWindowMs),
      ])
      const isHeld = requests.map(({ sourceId, events }) => events.length > 0 && holding.has(sourceId))
      const toHold = requests.filter((_, i) => isHeld[i])
      if (toHold.length > 0) await together([unclaim(session, toHold), held.insert(toHold)])
      const isRepeat = requests.map(
        ({ events }, i) => !isHeld[i] && events.length > 0 && events.every((_, k) => known[i]?.[k]),
      )
      const fresh = requests.flatMap((request, i) => (isRepeat[i] ? [] : [isHeld[i] ? heldOf(request) : request]))
      tellAll(session, requestInserts(fresh.map((request) => ({ request, repeatOf: null }))))
      const events = requests.flatMap(({ events }, i) => (isHeld[i] ? [] : events.filter((_, k) => !known[i]?.[k])))
      if (events.length > 0) {
        beginAppending(session)
        tellAll(session, eventInserts(events, ''))
      }
      const receipts = requests.map((request, i) =>
        isHeld[i] ? heldReceipt(request) : receiptOf(request, known[i] ?? [], isRepeat[i] ?? false),
      )
      if (fresh.length < requests.length) await keepRepeats(session, requests, known, isRepeat, receipts)
      return receipts
    },
    async claimPublished(events, windowMs) {
      const known = await claimKeys(session, events.map(publishedAs), windowMs)
      return known.map(([first]) => first && { eventId: first.eventId, fingerprint: first.requestId })
    },
    appendEvents: (events) => insertEvents(session, events),
    releaseHeld: (sourceId, batch, dedupeWindowMs) =>
      releaseHeld(
        session,
        { ...held, makeEvents: (events) => insertEvents(session, events) },
        sourceId,
        batch,
        dedupeWindowMs,
      ),
    async warn(seq, receivedAt, warning) {
      await session.ask(
        { name: 'warn-event', text: 'UPDATE events SET warning = $3 WHERE seq = $1 AND received_at = $2' },
        [seq, receivedAt, warning],
      )
    },
    async keepRecords(requests, repeatOf) {
      const rows = requests.map((request) => ({ request, repeatOf: repeatOf ?? null }))
      for (const insert of requestInserts(rows)) await session.ask(...insert)
    },
    async eventsAfter(seq, upTo, limit, withData) {
      const { rows } = await session.ask<Parameters<typeof toLogged>[0]>(
        {
          name: withData ? 'events-after' : 'heads-after',
          text: `SELECT seq, id, workspace_id, customer, source_id, request_id, type, subject, order_key, received_at,
              data_bytes${withData ? ', data' : ''}
            FROM events WHERE seq > $1 AND seq <= $2 ORDER BY seq LIMIT $3`,
          onlyReads: true,
        },
        [seq, upTo, limit],
      )
      return rows.map(toLogged)
    },
    async dataOf(events) {
      if (events.length === 0) return new Map()
      const times = events.map(({ receivedAt }) => receivedAt)
      const { rows } = await session.ask<{ seq: number; data: string | null }>(
        {
          name: 'data-of-events',
          // The times spare it all other days' partitions.
          text: 'SELECT seq, data FROM events WHERE seq = ANY ($1::int8[]) AND received_at BETWEEN $2 AND $3',
          onlyReads: true,
        },
        [integers(events.map(({ seq }) => seq)), Math.min(...times), Math.max(...times)],
      )
      return new Map(rows.map(({ seq, data }) => [seq, data]))
    },
    async reach(seq, upTo, limit) {
      const { rows } = await session.ask<{ count: number; last: number | null }>(
        {
          name: 'log-reach',
          text: `SELECT count(*) AS count, max(seq) AS last FROM
            (SELECT seq FROM events WHERE seq > $1 AND seq <= $2 ORDER BY seq LIMIT $3) AS next`,
          onlyReads: true,
        },
        [seq, upTo, limit],
      )
      return { count: Number(rows[0]?.count ?? 0), last: rows[0]?.last ?? seq }
    },
    async eventsOfTypes(types, seq, upTo, withData) {
      const { rows } = await session.ask<Parameters<typeof toLogged>[0]>(
        {
          name: withData ? 'events-of-types' : 'heads-of-types',
          text: `SELECT seq, id, workspace_id, customer, source_id, request_id, type, subject, order_key, received_at,
              data_bytes${withData ? ', data' : ''}
            FROM events WHERE seq > $1 AND seq <= $2 AND type = ANY ($3::text[]) ORDER BY seq`,
        },
        [seq, upTo, texts(types)],
      )
      return rows.map(toLogged)
    },
  }
}

function heldReceipt({ id }: NewRequest): Receipt {
  return { requestId: id, eventIds: [], isRepeat: false, bodyDiffers: false, isHeld: true }
}

function receiptOf(request: NewRequest, known: readonly (Known | undefined)[], isRepeat: boolean): Receipt {
  return {
    requestId: isRepeat ? (known[0]?.requestId ?? request.id) : request.id,
    eventIds: request.events.map((event, k) => known[k]?.eventId ?? event.id),
    isRepeat,
    bodyDiffers: false,
  }
}

/** Counts the repeats; those with other bytes are kept and told apart in their receipts. */
async function keepRepeats(
  session: Session,
  requests: readonly NewRequest[],
  known: readonly (readonly (Known | undefined)[])[],
  isRepeat: readonly boolean[],
  receipts: Receipt[],
): Promise<void> {
  const repeats = requests.flatMap((request, i) =>
    isRepeat[i] ? [{ request, at: i, first: (known[i] ?? []).filter((each) => each !== undefined) }] : [],
  )
  const differs = await noteRepeats(session, repeats)
  const kept = repeats.filter((_, i) => differs[i])
  for (const { at } of kept) {
    const receipt = receipts[at]
    if (receipt) receipts[at] = { ...receipt, bodyDiffers: true }
  }
  const rows = kept.map(({ request, at }) => {
    const first = receipts[at]?.requestId ?? ''
    return { request: duplicateOf(request, first), repeatOf: first }
  })
  tellAll(session, requestInserts(rows))
}

interface RequestToInsert {
  request: NewRequest
  repeatOf: string | null
}

/** A statement with its values. */
type Insert = [Statement, readonly unknown[]]

/** To be used where a group is no heavier than a transaction may be: all of it is on its way at once. */
function tellAll({ tell }: Session, inserts: Iterable<Insert>): void {
  for (const insert of inserts) tell(...insert)
}

function* requestInserts(all: readonly RequestToInsert[]): Generator<Insert> {
  for (const rows of chunks(all, ({ request }) => request.bodyBytes)) {
    const requests = rows.map((row) => row.request)
    yield [
      {
        name: 'insert-requests',
        text: `INSERT INTO requests (id, workspace_id, source_id, received_at, method, url, headers, body, body_bytes,
            sender_address, verdict, cause, detail, repeat_of, read_ms, verify_ms, parse_ms)
          SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::int8[], $5::text[], $6::text[], $7::text[],
            $8::bytea[], $9::int8[], $10::text[], $11::text[], $12::text[], $13::text[], $14::text[], $15::float8[],
            $16::float8[], $17::float8[])`,
      },
      [
        texts(requests.map((each) => each.id)),
        texts(requests.map((each) => each.workspaceId)),
        texts(requests.map((each) => each.sourceId)),
        integers(requests.map((each) => each.receivedAt)),
        texts(requests.map((each) => each.method)),
        texts(requests.map((each) => each.url)),
        texts(requests.map((each) => JSON.stringify(each.headers))),
        byteArrays(requests.map((each) => each.body)),
        integers(requests.map((each) => each.bodyBytes)),
        texts(requests.map((each) => each.senderAddress)),
        texts(requests.map((each) => each.verdict)),
        texts(requests.map((each) => each.cause)),
        texts(requests.map((each) => each.detail)),
        texts(rows.map((row) => row.repeatOf)),
        floats(requests.map((each) => each.readMs)),
        floats(requests.map((each) => each.verifyMs)),
        floats(requests.map((each) => each.parseMs)),
      ],
    ]
  }
}

/** Answers the events' places in the log: a statement answers its rows in the order in which `unnest` gives them. */
async function insertEvents(session: Session, all: readonly NewEvent[]): Promise<number[]> {
  if (all.length === 0) return []
  // The last thing that an append does, so that followers wait for it for as short a time as can be.
  beginAppending(session)
  const seqs: number[] = []
  for (const insert of eventInserts(all, 'RETURNING seq')) {
    const { rows } = await session.ask<{ seq: number }>(...insert)
    for (const { seq } of rows) seqs.push(seq)
  }
  return seqs
}

function* eventInserts(all: readonly NewEvent[], returning: 'RETURNING seq' | ''): Generator<Insert> {
  for (const events of chunks(all, (event) => event.data?.length ?? 0)) {
    yield [
      {
        name: returning === '' ? 'insert-events' : 'insert-events-in-places',
        text: `INSERT INTO events (id, workspace_id, customer, source_id, request_id, type, subject, order_key, data, data_bytes,
            received_at, hops)
          SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[],
            $9::text[], $10::int8[], $11::int8[], $12::int8[])
          ${returning}`,
      },
      [
        texts(events.map((each) => each.id)),
        texts(events.map((each) => each.workspaceId)),
        texts(events.map((each) => each.customer)),
        texts(events.map((each) => each.sourceId)),
        texts(events.map((each) => each.requestId)),
        texts(events.map((each) => each.type)),
        texts(events.map((each) => each.subject)),
        texts(events.map((each) => each.orderKey)),
        texts(events.map((each) => each.data)),
        integers(events.map((each) => (each.data === null ? 0 : Buffer.byteLength(each.data)))),
        integers(events.map((each) => each.receivedAt)),
        integers(events.map((each) => each.hops ?? null)),
      ],
    ]
  }
}
