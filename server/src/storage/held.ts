import type { Kysely, Selectable } from 'kysely'
import { together } from '../base/together.ts'
import type { NewEvent } from '../events/event.ts'
import type { HeldBatch } from '../events/log-store.ts'
import type { NewRequest, RequestEvents } from '../events/request.ts'
import type { HeldEventRow, Tables } from './tables.ts'

/** A request that is released, and what its record says when its events are made. */
export interface HeldRequest extends RequestEvents {
  cause: string | null
  detail: string | null
}

/** What the record of a request says after its release. */
export interface Outcome {
  request: HeldRequest
  /** Left as it is when it is not given. */
  verdict?: string
  cause: string | null
  detail: string | null
  repeatOf: string | null
}

/** Rows of one statement: an engine binds only so many values. */
const rowsAtOnce = 500

/** The events that wait outside the log, inside a transaction. */
export function heldEvents(db: Kysely<Tables>) {
  return {
    async insert(requests: readonly NewRequest[]): Promise<void> {
      await insertRows(
        db,
        requests.flatMap((request) => request.events.map((event, n) => toRow(request, event, n))),
      )
    },
    /** What these requests wait with, by request. */
    async of(sourceIds: readonly string[], requestIds: readonly string[]): Promise<Map<string, readonly NewEvent[]>> {
      const rows = await db
        .selectFrom('held_events')
        .selectAll()
        .where('source_id', 'in', sourceIds)
        .where('request_id', 'in', requestIds)
        .orderBy('request_id')
        .orderBy('n')
        .execute()
      return new Map(toRequests(rows.map((row) => ({ ...row, body: null }))).map(({ id, events }) => [id, events]))
    },
    /** Lets a request wait with these events, and with no others. */
    async replace(
      request: Pick<NewRequest, 'id' | 'sourceId' | 'cause' | 'detail'>,
      events: readonly NewEvent[],
    ): Promise<void> {
      await db
        .deleteFrom('held_events')
        .where('source_id', '=', request.sourceId)
        .where('request_id', '=', request.id)
        .execute()
      await insertRows(
        db,
        events.map((event, n) => toRow(request, event, n)),
      )
    },
    /** The oldest requests of a source with their events. A body is there only where an event's data is not JSON. */
    async oldest(sourceId: string, batch: HeldBatch): Promise<HeldRequest[]> {
      const sizes = await db
        .selectFrom('held_events')
        .where('source_id', '=', sourceId)
        .groupBy('request_id')
        .orderBy('request_id')
        .limit(batch.requests)
        .select(['request_id', (eb) => eb.fn.sum<number>('data_bytes').as('bytes')])
        .execute()
      const last = lastWithin(sizes, batch.bytes)
      if (last === undefined) return []
      const rows = await db
        .selectFrom('held_events')
        .leftJoin('requests', (join) =>
          join
            .onRef('requests.id', '=', 'held_events.request_id')
            .onRef('requests.received_at', '=', 'held_events.received_at')
            .on('held_events.data', 'is', null),
        )
        .where('held_events.source_id', '=', sourceId)
        .where('held_events.request_id', '<=', last)
        .orderBy('held_events.request_id')
        .orderBy('held_events.n')
        .selectAll('held_events')
        .select('requests.body')
        .execute()
      return toRequests(rows)
    },
    /** Says in each record what became of it, and takes the events away from here. */
    async settle(sourceId: string, outcomes: readonly Outcome[]): Promise<void> {
      await together(
        outcomes.map(({ request, verdict, cause, detail, repeatOf }) =>
          db
            .updateTable('requests')
            .set({ ...(verdict === undefined ? {} : { verdict }), cause, detail, repeat_of: repeatOf })
            .where('id', '=', request.id)
            .where('received_at', '=', request.receivedAt)
            .execute(),
        ),
      )
      const last = outcomes.at(-1)?.request.id
      if (last === undefined) return
      await db.deleteFrom('held_events').where('source_id', '=', sourceId).where('request_id', '<=', last).execute()
    },
    /** Answers whether nothing is held any more; then the source is as any other. */
    async finish(sourceId: string): Promise<boolean> {
      const more = await db
        .selectFrom('held_events')
        .select('request_id')
        .where('source_id', '=', sourceId)
        .limit(1)
        .executeTakeFirst()
      if (more) return false
      await db.updateTable('sources').set({ holding: 0 }).where('id', '=', sourceId).where('holding', '=', 2).execute()
      return true
    },
  }
}

async function insertRows(db: Kysely<Tables>, rows: readonly HeldEventRow[]): Promise<void> {
  for (let i = 0; i < rows.length; i += rowsAtOnce) {
    await db
      .insertInto('held_events')
      .values(rows.slice(i, i + rowsAtOnce))
      .execute()
  }
}

function lastWithin(sizes: readonly { request_id: string; bytes: number }[], most: number): string | undefined {
  let bytes = 0
  let last: string | undefined
  for (const size of sizes) {
    bytes += Number(size.bytes)
    if (last !== undefined && bytes > most) break
    last = size.request_id
  }
  return last
}

function toRow(
  request: Pick<NewRequest, 'id' | 'sourceId' | 'cause' | 'detail'>,
  event: NewEvent,
  n: number,
): HeldEventRow {
  const { data } = event
  return {
    source_id: request.sourceId,
    request_id: request.id,
    n,
    request_cause: request.cause,
    request_detail: request.detail,
    id: event.id,
    workspace_id: event.workspaceId,
    customer: event.customer,
    type: event.type,
    subject: event.subject,
    order_key: event.orderKey,
    data: data instanceof Uint8Array ? Buffer.from(data.buffer, data.byteOffset, data.byteLength).toString() : data,
    data_bytes: data === null ? 0 : Buffer.byteLength(data),
    received_at: event.receivedAt,
    dedupe_key: event.dedupe?.key ?? null,
    dedupe_hash: event.dedupe?.hash ?? null,
    hops: event.hops ?? null,
  }
}

function toRequests(rows: readonly (Selectable<HeldEventRow> & { body: Uint8Array | null })[]): HeldRequest[] {
  const requests = new Map<string, HeldRequest & { events: NewEvent[] }>()
  for (const row of rows) {
    const request = requests.get(row.request_id) ?? {
      id: row.request_id,
      sourceId: row.source_id,
      receivedAt: row.received_at,
      body: row.body,
      cause: row.request_cause,
      detail: row.request_detail,
      events: [],
    }
    request.events.push(toEvent(row))
    requests.set(row.request_id, request)
  }
  return [...requests.values()]
}

function toEvent(row: HeldEventRow): NewEvent {
  return {
    id: row.id,
    workspaceId: row.workspace_id,
    customer: row.customer,
    sourceId: row.source_id,
    requestId: row.request_id,
    type: row.type,
    subject: row.subject,
    orderKey: row.order_key,
    data: row.data,
    receivedAt: row.received_at,
    dedupe: row.dedupe_key === null || row.dedupe_hash === null ? null : { key: row.dedupe_key, hash: row.dedupe_hash },
    ...(row.hops === null ? {} : { hops: row.hops }),
  }
}
