import { type Kysely, sql } from 'kysely'
import type { QuarantineShare } from '../events/quarantine-store.ts'
import type { Tables } from './tables.ts'

/** Rows of one statement: an engine binds only so many values. */
const rowsAtOnce = 500

/**
 * Adds to what networks hold, and so to what their sources and the whole hold; answers those rows as they are now. They are
 * changed in the order of their keys, the row of the whole first: who comes second waits there, and nobody for him.
 */
export async function addShares(db: Kysely<Tables>, added: readonly QuarantineShare[]): Promise<QuarantineShare[]> {
  const sums = new Map<string, QuarantineShare>([['\n', { sourceId: '', network: '', requests: 0, bytes: 0 }]])
  for (const share of added) {
    const places = [['', ''] as const, [share.sourceId, ''] as const, [share.sourceId, share.network] as const]
    for (const [sourceId, network] of places) {
      const key = `${sourceId}\n${network}`
      const sum = sums.get(key) ?? { sourceId, network, requests: 0, bytes: 0 }
      sum.requests += share.requests
      sum.bytes += share.bytes
      sums.set(key, sum)
    }
  }
  const rows = [...sums.entries()].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, sum]) => sum)
  const now: QuarantineShare[] = []
  for (let i = 0; i < rows.length; i += rowsAtOnce) now.push(...(await addRows(db, rows.slice(i, i + rowsAtOnce))))
  await forgetEmpty(db, now)
  return now.filter(({ requests }) => requests > 0)
}

async function addRows(db: Kysely<Tables>, rows: readonly QuarantineShare[]): Promise<QuarantineShare[]> {
  const changed = await db
    .insertInto('quarantine_shares')
    .values(rows.map(({ sourceId, network, requests, bytes }) => ({ source_id: sourceId, network, requests, bytes })))
    .onConflict((conflict) =>
      conflict.columns(['source_id', 'network']).doUpdateSet({
        requests: sql<number>`quarantine_shares.requests + excluded.requests`,
        bytes: sql<number>`quarantine_shares.bytes + excluded.bytes`,
      }),
    )
    .returningAll()
    .execute()
  return changed.map(toShare)
}

/** Networks are a sender's to choose: who holds nothing any more leaves no row. The row of the whole stays, to wait at. */
async function forgetEmpty(db: Kysely<Tables>, shares: readonly QuarantineShare[]): Promise<void> {
  const empty = shares.filter(({ sourceId, requests }) => sourceId !== '' && requests <= 0)
  const sources = new Set(empty.map(({ sourceId }) => sourceId))
  for (const sourceId of sources) {
    const networks = empty.filter((share) => share.sourceId === sourceId).map(({ network }) => network)
    await db
      .deleteFrom('quarantine_shares')
      .where('source_id', '=', sourceId)
      .where('network', 'in', networks)
      .where('requests', '<=', 0)
      .execute()
  }
}

/** What these sources hold, each as a whole; the empty one is the whole server. Those that hold nothing are left out. */
export async function sharesOf(db: Kysely<Tables>, sourceIds: readonly string[]): Promise<QuarantineShare[]> {
  if (sourceIds.length === 0) return []
  const rows = await db
    .selectFrom('quarantine_shares')
    .selectAll()
    .where('source_id', 'in', sourceIds)
    .where('network', '=', '')
    .execute()
  return rows.map(toShare)
}

const toShare = (row: Tables['quarantine_shares']): QuarantineShare => ({
  sourceId: row.source_id,
  network: row.network,
  requests: row.requests,
  bytes: row.bytes,
})
