import { type Kysely, sql } from 'kysely'
import type { LogReads, SeenType } from '../events/log-store.ts'
import { dayOf } from './days.ts'
import { publishedSource } from './duplicate.ts'
import { eventList, type LogTimes } from './event-list.ts'
import { head, toEvent, toHead } from './event-rows.ts'
import { eventScan } from './event-scan.ts'
import { recordColumns, toRecord } from './request-rows.ts'
import { requestScan } from './request-scan.ts'
import { isSameKey } from './retention/erased-key.ts'
import { storableText } from './rows.ts'
import type { Tables } from './tables.ts'

/** The log's lists and look-ups. Ids tell the day they were made, which spares PostgreSQL all other days' partitions. */
export function logReads(db: Kysely<Tables>, times: LogTimes): Omit<LogReads, 'placeBefore'> {
  const request = (workspaceId: string, id: string) => {
    const day = dayOf('request', id)
    return db
      .selectFrom('requests')
      .where('workspace_id', '=', workspaceId)
      .where('id', '=', id)
      .where('received_at', '>=', day.from)
      .where('received_at', '<', day.to)
  }
  const headsAfter = (seq: number, upTo: number, limit: number) =>
    db.selectFrom('events').select(head).where('seq', '>', seq).where('seq', '<=', upTo).orderBy('seq').limit(limit)
  return {
    ...requestScan(db),
    ...eventScan(db),
    ...eventList(db, times),
    async readEvent(workspaceId, id) {
      const day = dayOf('event', id)
      const row = await db
        .selectFrom('events')
        .select([...head, 'data'])
        .where('id', '=', id)
        .where('workspace_id', '=', workspaceId)
        .where('received_at', '>=', day.from)
        .where('received_at', '<', day.to)
        .executeTakeFirst()
      return row && toEvent(row)
    },
    async headsAfter(workspaceId, seq, upTo, limit) {
      return (await headsAfter(seq, upTo, limit).where('workspace_id', '=', workspaceId).execute()).map(toHead)
    },
    async headsOfAll(seq, upTo, limit) {
      return (await headsAfter(seq, upTo, limit).execute()).map(toHead)
    },
    async lastPlace() {
      const row = await db.selectFrom('events').select('seq').orderBy('seq', 'desc').limit(1).executeTakeFirst()
      return row?.seq ?? 0
    },
    async readRequest(workspaceId, id) {
      const row = await request(workspaceId, id).select(recordColumns).executeTakeFirst()
      return row && toRecord(row)
    },
    async readBody(workspaceId, id) {
      const row = await request(workspaceId, id).select('body').executeTakeFirst()
      return row?.body ?? undefined
    },
    async countEvents(requestId) {
      // Whatever their workspaces: routes may lead to others than the request's. An event carries the time of its request.
      const day = dayOf('request', requestId)
      const row = await db
        .selectFrom('events')
        .select((eb) => eb.fn.countAll<number>().as('count'))
        .where('request_id', '=', requestId)
        .where('received_at', '>=', day.from)
        .where('received_at', '<', day.to)
        .executeTakeFirst()
      return Number(row?.count ?? 0)
    },
    async listTypes(workspaceId, { after, limit }) {
      // From one type to the next by the index: there are few types and very many events.
      const { rows } = await sql<SeenType>`
        WITH RECURSIVE types (type) AS (
          SELECT min(type) FROM events WHERE workspace_id = ${workspaceId} AND type > ${after ?? ''}
          UNION ALL
          SELECT (SELECT min(e.type) FROM events e WHERE e.workspace_id = ${workspaceId} AND e.type > types.type)
          FROM types WHERE types.type IS NOT NULL
        )
        SELECT types.type AS "type", (SELECT e.received_at FROM events e
            WHERE e.workspace_id = ${workspaceId} AND e.type = types.type ORDER BY e.seq DESC LIMIT 1) AS "lastReceivedAt"
        FROM types WHERE types.type IS NOT NULL LIMIT ${limit}`.execute(db)
      return rows
    },
    async publishedUnder({ key, hash }, now) {
      const rows = await db
        .selectFrom('dedupe_keys')
        .select(['key', 'event_id', 'request_id'])
        .where('hash', '=', BigInt(hash))
        .where('source_id', '=', publishedSource)
        .where('expires_at', '>', now)
        .execute()
      const known = rows.find((row) => isSameKey(row.key, storableText(key)))
      return known && { eventId: known.event_id, fingerprint: known.request_id }
    },
    async latestOfType(workspaceId, type, maxDataBytes) {
      const row = await db
        .selectFrom('events')
        .select(head)
        .select((eb) => eb.case().when('data_bytes', '<=', maxDataBytes).then(eb.ref('data')).end().as('data'))
        .where('workspace_id', '=', workspaceId)
        .where('type', '=', type)
        .orderBy('seq', 'desc')
        .limit(1)
        .executeTakeFirst()
      return row && toEvent({ ...row, data: row.data as string | null })
    },
  }
}
