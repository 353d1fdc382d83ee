import { type Kysely, sql } from 'kysely'
import { lowestId } from '../base/id.ts'
import type { LogReads } from '../events/log-store.ts'
import type { StoredFilter, StoredMark } from '../events/reparse.ts'
import type { RequestVerdict } from '../events/request.ts'
import { dayMs, dayOf } from './days.ts'
import { recordColumns, toRecord } from './request-rows.ts'
import type { RequestRow, Tables } from './tables.ts'

/** Rows that one statement looks at. */
const windowRows = 500
/** Rows that one call looks at, whatever it finds: the reader has two seconds. */
const scannedRows = 10_000

/** The part of a row that stands before the body: SQLite reads what is behind it by going through all of it. */
type Head = Pick<RequestRow, 'id' | 'workspace_id' | 'source_id' | 'received_at'>

/** Goes through the stored requests in the order of their ids, without an index on anything else. */
export function requestScan(db: Kysely<Tables>): Pick<LogReads, 'scanRequests' | 'readStored'> {
  const heads = () => db.selectFrom('requests').select(['id', 'workspace_id', 'source_id', 'received_at'])

  /** Those of the filter's own list. Their ids tell their days, which spares PostgreSQL the others. */
  async function headsOf(ids: readonly string[]): Promise<Head[]> {
    if (ids.length === 0) return []
    const { from, to } = spanOf(ids)
    return heads()
      .where('id', 'in', ids)
      .where('received_at', '>=', from)
      .where('received_at', '<', to)
      .orderBy('id')
      .execute()
  }

  function headsAfter(after: string | null, { from, to }: StoredFilter): Promise<Head[]> {
    let query = heads().orderBy('id').limit(windowRows)
    const first = from === undefined ? undefined : lowestId('request', from - dayMs)
    if (first !== undefined && (after === null || after < first)) query = query.where('id', '>=', first)
    else if (after !== null) query = query.where('id', '>', after)
    if (to !== undefined)
      query = query.where('id', '<', lowestId('request', to + dayMs)).where('received_at', '<', to + dayMs)
    return query.execute()
  }

  async function marksOf(matching: readonly Head[], { verdict, cause }: StoredFilter): Promise<StoredMark[]> {
    if (matching.length === 0) return []
    const ids = matching.map(({ id }) => id)
    const { from, to } = spanOf(ids)
    let query = db
      .selectFrom('requests')
      .select(['id', 'source_id', 'received_at', 'verdict', 'cause'])
      // Neither engine reads the body for this.
      .select(sql<number | null>`length(body)`.as('kept_bytes'))
      .where('id', 'in', ids)
      .where('received_at', '>=', from)
      .where('received_at', '<', to)
      .orderBy('id')
    if (verdict !== undefined) query = query.where('verdict', '=', verdict)
    if (cause !== undefined) query = query.where('cause', '=', cause)
    return (await query.execute()).map((row) => ({
      id: row.id,
      sourceId: row.source_id,
      receivedAt: row.received_at,
      verdict: row.verdict as RequestVerdict,
      cause: row.cause,
      keptBytes: row.kept_bytes,
    }))
  }

  return {
    async scanRequests(workspaceId, filter, after, limit) {
      const isMeant = (row: Head) => row.workspace_id === workspaceId && fits(row, filter)
      if (filter.requestIds) {
        const ids = [...new Set(filter.requestIds)].sort().filter((id) => after === null || id > after)
        const asked = ids.slice(0, limit)
        const found = await marksOf((await headsOf(asked)).filter(isMeant), filter)
        return { found, last: asked.at(-1) ?? after, isEnd: asked.length === ids.length }
      }
      const matching: Head[] = []
      let last = after
      for (let scanned = 0; scanned < scannedRows; scanned += windowRows) {
        const rows = await headsAfter(last, filter)
        for (const row of rows) {
          last = row.id
          if (isMeant(row) && matching.push(row) === limit)
            return { found: await marksOf(matching, filter), last, isEnd: false }
        }
        if (rows.length < windowRows) return { found: await marksOf(matching, filter), last, isEnd: true }
      }
      return { found: await marksOf(matching, filter), last, isEnd: false }
    },
    async readStored(workspaceId, ids) {
      if (ids.length === 0) return []
      const { from, to } = spanOf(ids)
      const rows = await db
        .selectFrom('requests')
        .select([...recordColumns, 'body'])
        .where('id', 'in', ids)
        .where('workspace_id', '=', workspaceId)
        .where('received_at', '>=', from)
        .where('received_at', '<', to)
        .orderBy('id')
        .execute()
      return rows.map((row) => ({ ...toRecord(row), body: row.body }))
    },
  }
}

function fits(row: Head, { sourceId, from, to }: StoredFilter): boolean {
  if (sourceId !== undefined && row.source_id !== sourceId) return false
  return (from === undefined || row.received_at >= from) && (to === undefined || row.received_at < to)
}

/** The times of receipt that rows of these ids can have. */
export function spanOf(ids: readonly string[]): { from: number; to: number } {
  const days = ids.map((id) => dayOf('request', id))
  return { from: Math.min(...days.map(({ from }) => from)), to: Math.max(...days.map(({ to }) => to)) }
}
