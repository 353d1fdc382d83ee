import type { Kysely } from 'kysely'
import { timeOfId } from '../base/id.ts'
import type { EventFilter, LogReads } from '../events/log-store.ts'
import { head, toLogged } from './event-rows.ts'
import { typeRange } from './rows.ts'
import type { EventRow, Tables } from './tables.ts'

/** Rows that one statement looks at, and one call. */
const windowRows = 500
const scannedRows = 10_000

/** What stands before the data in a row of an event, and tells whether it is meant. */
export type NarrowEvent = Pick<EventRow, 'id' | 'customer' | 'source_id' | 'type'> & { seq: number }

/** Goes through a workspace's events in the order of the log, by what stands before the data in their rows. */
export function eventScan(db: Kysely<Tables>): Pick<LogReads, 'scanEvents' | 'eventsAt'> {
  return {
    async scanEvents(workspaceId, span, after, limit) {
      const fits = matcher(span)
      const seqs: number[] = []
      let last = after
      for (let scanned = 0; scanned < scannedRows; scanned += windowRows) {
        const rows: NarrowEvent[] = await db
          .selectFrom('events')
          .select(['seq', 'id', 'customer', 'source_id', 'type'])
          .where('workspace_id', '=', workspaceId)
          .where('seq', '>', last)
          .where('seq', '<=', span.upTo)
          .orderBy('seq')
          .limit(windowRows)
          .execute()
        for (const row of rows) {
          last = row.seq
          if (fits(row) && seqs.push(row.seq) === limit) return { seqs, last, isEnd: false }
        }
        if (rows.length < windowRows) return { seqs, last, isEnd: true }
      }
      return { seqs, last, isEnd: false }
    },
    async eventsAt(seqs, withData) {
      if (seqs.length === 0) return []
      const query = db
        .selectFrom('events')
        .select([...head, 'data_bytes'])
        .where('seq', 'in', seqs)
        .orderBy('seq')
      return (await (withData ? query.select('data') : query).execute()).map(toLogged)
    },
  }
}

export function matcher({ type, sourceId, customer, from, to }: EventFilter): (row: NarrowEvent) => boolean {
  const range = type === undefined ? undefined : typeRange(type)
  return (row) => {
    if (range ? row.type < range.from || row.type >= range.below : type !== undefined && row.type !== type) return false
    if (sourceId !== undefined && row.source_id !== sourceId) return false
    if (customer !== undefined && row.customer !== customer) return false
    // Its id was made in the millisecond of its receipt.
    const at = timeOfId('event', row.id) ?? 0
    return (from === undefined || at >= from) && (to === undefined || at < to)
  }
}
