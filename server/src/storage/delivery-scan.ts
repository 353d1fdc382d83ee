import { type Kysely, sql } from 'kysely'
import { lowestId, timeOfId } from '../base/id.ts'
import type { DeliveryMark, DeliveryReads, DeliveryScan, DeliverySpan } from '../outbound/delivery/delivery-store.ts'
import { columns, type DeliveryColumns, toDelivery } from './delivery-rows.ts'
import { typeRange } from './rows.ts'
import type { Tables } from './tables.ts'

/** Rows that one statement looks at. */
const windowRows = 500
/** Rows that one call looks at, whatever it finds: the reader has two seconds. */
const scannedRows = 10_000

type Row = DeliveryColumns & { event_seq: number }

/** Where a walk stands: behind this delivery, by when it was made and the place of its event in the log. */
interface Place {
  id: string
  seq: number
}

/**
 * Goes through deliveries along one index, and looks at the rest of what is asked for in the rows: whatever that is, one
 * statement looks at no more than a window. Deliveries that were made in one millisecond are put into the order of their
 * events, so that what is sent again is sent in the order of the log.
 */
export function deliveryScan(db: Kysely<Tables>): Pick<DeliveryReads, 'scan' | 'scanBack' | 'ofEvents'> {
  const rowsOf = (workspaceId: string, { endpointId, statuses }: DeliverySpan) => {
    const rows = db.selectFrom('deliveries').select([...columns, 'event_seq'])
    // Written out: the index of failed ones is used for exactly this condition.
    if (statuses.every((each) => each === 'failed'))
      return rows.where('workspace_id', '=', workspaceId).where(sql<boolean>`status = 3`)
    return endpointId === undefined
      ? rows.where('workspace_id', '=', workspaceId)
      : rows.where('endpoint_id', '=', endpointId)
  }

  /** The rest of those that were made in a millisecond, behind a place in the log. */
  const restOf = (workspaceId: string, span: DeliverySpan, ms: number, { seq, id }: Place): Promise<Row[]> =>
    rowsOf(workspaceId, span)
      .where('id', '>=', lowestId('delivery', ms))
      .where('id', '<', lowestId('delivery', ms + 1))
      .where((eb) => eb.or([eb('event_seq', '>', seq), eb.and([eb('event_seq', '=', seq), eb('id', '>', id)])]))
      .orderBy('event_seq')
      .orderBy('id')
      .limit(windowRows)
      .execute()

  /** The next ones from an id on, whole milliseconds only; undefined when one has more than fit. */
  async function nextFrom(workspaceId: string, span: DeliverySpan, id: string, below: string | undefined) {
    let query = rowsOf(workspaceId, span).where('id', '>=', id).orderBy('id').limit(windowRows)
    if (below !== undefined) query = query.where('id', '<', below)
    const rows: Row[] = await query.execute()
    const isEnd = rows.length < windowRows
    const cut = isEnd
      ? rows
      : rows.slice(
          0,
          rows.findIndex((row) => madeAt(row) === madeAt(rows.at(-1))),
        )
    return { rows: inLogOrder(cut), isEnd, crowded: cut.length === 0 && !isEnd ? madeAt(rows[0]) : undefined }
  }

  return {
    async scan(workspaceId, span, after, limit) {
      const fits = matcher(workspaceId, span)
      const below = span.to === undefined ? undefined : lowestId('delivery', span.to)
      let from = lowestId('delivery', span.from ?? 0)
      let place = after === null ? undefined : placeOf(after)
      const found: DeliveryMark[] = []
      const stand = (isEnd: boolean): DeliveryScan => ({ found, last: place ? textOf(place) : after, isEnd })
      /** Whether there are as many as were asked for. */
      const take = (rows: readonly Row[]): boolean => {
        for (const row of rows) {
          place = { id: row.id, seq: row.event_seq }
          if (fits(row) && found.push(toMark(row)) === limit) return true
        }
        return false
      }
      // Where a call before has ended, or a statement has met more than fit: in the middle of a millisecond.
      let within = place && timeOfId('delivery', place.id)
      for (let scanned = 0; scanned < scannedRows; scanned += windowRows) {
        if (within !== undefined) {
          const rows = await restOf(workspaceId, span, within, place ?? startOf(within))
          if (take(rows)) return stand(false)
          if (rows.length === windowRows) continue
          from = lowestId('delivery', within + 1)
          within = undefined
        }
        const next = await nextFrom(workspaceId, span, from, below)
        if (take(next.rows)) return stand(false)
        if (next.isEnd) return stand(true)
        within = next.crowded
        if (within !== undefined) place = startOf(within)
        else from = lowestId('delivery', (madeAt(next.rows.at(-1)) ?? 0) + 1)
      }
      return stand(false)
    },
    async scanBack(workspaceId, span, before, limit) {
      const fits = matcher(workspaceId, span)
      const found: DeliveryMark[] = []
      let last = before ?? (span.to === undefined ? null : lowestId('delivery', span.to))
      for (let scanned = 0; scanned < scannedRows; scanned += windowRows) {
        let query = rowsOf(workspaceId, span).orderBy('id', 'desc').limit(windowRows)
        if (last !== null) query = query.where('id', '<', last)
        if (span.from !== undefined) query = query.where('id', '>=', lowestId('delivery', span.from))
        const rows: Row[] = await query.execute()
        for (const row of rows) {
          last = row.id
          if (fits(row) && found.push(toMark(row)) === limit) return { found, last, isEnd: false }
        }
        if (rows.length < windowRows) return { found, last, isEnd: true }
      }
      return { found, last, isEnd: false }
    },
    async ofEvents(workspaceId, endpointId, eventIds) {
      if (eventIds.length === 0) return []
      const rows: Row[] = await db
        .selectFrom('deliveries')
        .select([...columns, 'event_seq'])
        .where('event_id', 'in', eventIds)
        .where('endpoint_id', '=', endpointId)
        .where('workspace_id', '=', workspaceId)
        .execute()
      return rows.map(toMark)
    },
  }
}

const madeAt = (row: Row | undefined): number | undefined => (row ? timeOfId('delivery', row.id) : undefined)

/** Those made together in the order of their events. */
function inLogOrder(rows: readonly Row[]): Row[] {
  const compare = (a: Row, b: Row) =>
    (madeAt(a) ?? 0) - (madeAt(b) ?? 0) || a.event_seq - b.event_seq || (a.id < b.id ? -1 : 1)
  return [...rows].sort(compare)
}

/** The place before everything of a millisecond. */
const startOf = (ms: number): Place => ({ id: lowestId('delivery', ms), seq: -1 })

const textOf = ({ id, seq }: Place): string => `${id}@${seq}`

function placeOf(text: string): Place {
  const [id = '', seq] = text.split('@')
  return { id, seq: Number(seq) }
}

function matcher(workspaceId: string, span: DeliverySpan): (row: Row) => boolean {
  const { endpointId, eventType, statuses, cause, customer } = span
  const range = eventType === undefined ? undefined : typeRange(eventType)
  const wanted = new Set(statuses)
  return (row) => {
    if (row.workspace_id !== workspaceId || !wanted.has(toDelivery(row).status)) return false
    if (endpointId !== undefined && row.endpoint_id !== endpointId) return false
    if (
      range ? row.event_type < range.from || row.event_type >= range.below : eventType && row.event_type !== eventType
    )
      return false
    return (cause === undefined || row.cause === cause) && (customer === undefined || row.customer === customer)
  }
}

function toMark(row: Row): DeliveryMark {
  const { workspaceId: _, dueAt: __, isLaneHeld: ___, ...rest } = toDelivery(row)
  return { ...rest, eventSeq: row.event_seq }
}
