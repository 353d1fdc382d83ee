import { type Kysely, sql } from 'kysely'
import { lowestId } from '../base/id.ts'
import type { QuarantineBounds, Room } from '../base/quarantine-bounds.ts'
import type {
  Quarantined,
  QuarantinedHead,
  QuarantineRange,
  QuarantineReads,
  QuarantineShare,
  QuarantineStore,
} from '../events/quarantine-store.ts'
import { longestQueueDrop } from './longest-queue.ts'
import { addShares, sharesOf } from './quarantine-shares.ts'
import type { QuarantinedRow, Tables } from './tables.ts'

/** Networks that are looked at in one round of letting go, and how many of the oldest of each. */
const networksAtOnce = 32
const oldestAtOnce = 32
/** Rows of one statement: an engine binds only so many values. */
const rowsAtOnce = 500

export function quarantineReads(db: Kysely<Tables>): QuarantineReads {
  const oldest = (sourceId: string, { after, from, to }: QuarantineRange, limit: number) => {
    let query = db.selectFrom('quarantined').selectAll().where('source_id', '=', sourceId)
    if (after !== null) query = query.where('request_id', '>', after)
    if (from !== undefined) query = query.where('received_at', '>=', from)
    if (to !== undefined) query = query.where('received_at', '<', to)
    return query.orderBy('request_id').limit(limit)
  }
  return {
    async readHead(workspaceId, requestId) {
      const row = await db
        .selectFrom('quarantined')
        .selectAll()
        .where('request_id', '=', requestId)
        .where('workspace_id', '=', workspaceId)
        .executeTakeFirst()
      return row && toHead(row)
    },
    async listHeads(range, limit) {
      const lists = []
      for (const sourceId of range.sourceIds) lists.push(await oldest(sourceId, range, limit).execute())
      return lists
        .flat()
        .sort((a, b) => (a.request_id < b.request_id ? -1 : 1))
        .slice(0, limit)
        .map(toHead)
    },
    async countHeads(range, most) {
      let count = 0
      for (const sourceId of range.sourceIds) {
        const row = await db
          .selectFrom(oldest(sourceId, range, most).clearSelect().select('request_id').as('some'))
          .select((eb) => eb.fn.countAll<number>().as('count'))
          .executeTakeFirst()
        count += Number(row?.count ?? 0)
      }
      return Math.min(count, most)
    },
    shares: (sourceIds) => sharesOf(db, sourceIds),
  }
}

export function quarantineStore(db: Kysely<Tables>): QuarantineStore {
  /** Whoever changes anything here changes the row of the whole first, and so waits for whoever else does. */
  const lock = () => addShares(db, [])
  return {
    ...quarantineReads(db),
    async admit(entries, bounds) {
      const shares = await addShares(
        db,
        entries.map(({ request, network, bytes }) => ({ sourceId: request.sourceId, network, requests: 1, bytes })),
      )
      await insertRows(db, entries)
      return keepWithin(db, shares, bounds)
    },
    async takeOut(requestIds) {
      if (requestIds.length === 0) return []
      await lock()
      const rows = await db.selectFrom('quarantined').selectAll().where('request_id', 'in', requestIds).execute()
      return letGo(db, rows)
    },
    async expire(before, limit) {
      await lock()
      const rows = await db
        .selectFrom('quarantined')
        .selectAll()
        .where('request_id', '<', lowestId('request', before))
        .orderBy('request_id')
        .limit(limit)
        .execute()
      await letGo(db, rows)
      return rows.length
    },
    async markAccepted(requests, now) {
      for (const { id, receivedAt } of requests) {
        await db
          .updateTable('requests')
          .set({ accepted_at: now })
          .where('id', '=', id)
          .where('received_at', '=', receivedAt)
          .execute()
      }
    },
    async noteCause({ id, workspaceId, receivedAt }, cause, detail) {
      const { numUpdatedRows } = await db
        .updateTable('requests')
        .set({ cause, detail })
        .where('id', '=', id)
        .where('received_at', '=', receivedAt)
        .where('workspace_id', '=', workspaceId)
        .where('verdict', '=', 'quarantined')
        .executeTakeFirst()
      return numUpdatedRows > 0n
    },
  }
}

async function insertRows(db: Kysely<Tables>, entries: readonly Quarantined[]): Promise<void> {
  const rows = entries.map(
    ({ request, network, bytes, sealedParts }): QuarantinedRow => ({
      request_id: request.id,
      workspace_id: request.workspaceId,
      source_id: request.sourceId,
      received_at: request.receivedAt,
      network,
      bytes,
      sealed_parts: sealedParts,
    }),
  )
  for (let i = 0; i < rows.length; i += rowsAtOnce) {
    await db
      .insertInto('quarantined')
      .values(rows.slice(i, i + rowsAtOnce))
      .execute()
  }
}

/** Lets go of what is beyond the bounds of those that have just been given something; answers how many. */
async function keepWithin(
  db: Kysely<Tables>,
  shares: readonly QuarantineShare[],
  bounds: QuarantineBounds,
): Promise<number> {
  let gone = 0
  for (const { sourceId, network, ...room } of shares) {
    if (network !== '') gone += await shrinkNetwork(db, { sourceId, network }, excessOf(room, bounds.network))
  }
  for (const sourceId of new Set(shares.map((share) => share.sourceId))) {
    if (sourceId === '') continue
    for (let excess = await sourceExcess(db, sourceId, bounds); isMore(excess); ) {
      const dropped = await dropLongest(db, sourceId, excess)
      gone += dropped
      excess = dropped === 0 ? nothing : await sourceExcess(db, sourceId, bounds)
    }
  }
  return gone + (await shrinkServer(db, bounds))
}

const nothing: Room = { requests: 0, bytes: 0 }
const isMore = ({ requests, bytes }: Room): boolean => requests > 0 || bytes > 0
const excessOf = (held: Room, bound: Room): Room => ({
  requests: Math.max(0, held.requests - bound.requests),
  bytes: Math.max(0, held.bytes - bound.bytes),
})

async function sourceExcess(db: Kysely<Tables>, sourceId: string, { source }: QuarantineBounds): Promise<Room> {
  const [whole] = await sharesOf(db, [sourceId])
  return excessOf(whole ?? nothing, source)
}

/** A network beyond its own bounds loses its own oldest. */
async function shrinkNetwork(
  db: Kysely<Tables>,
  { sourceId, network }: Pick<QuarantineShare, 'sourceId' | 'network'>,
  excess: Room,
): Promise<number> {
  let gone = 0
  for (let left = excess; isMore(left); ) {
    const rows = await oldestOf(db, sourceId, [{ network, rows: left.bytes > 0 ? oldestAtOnce : left.requests }])
    const some: QuarantinedRow[] = []
    for (const row of rows) {
      if (!isMore(left)) break
      some.push(row)
      left = { requests: Math.max(0, left.requests - 1), bytes: Math.max(0, left.bytes - row.bytes) }
    }
    if (some.length === 0) break
    gone += (await letGo(db, some)).length
  }
  return gone
}

/** One round: the networks that hold most lose their oldest. First what is too many, and then what is too large. */
async function dropLongest(db: Kysely<Tables>, sourceId: string, excess: Room): Promise<number> {
  const by = excess.requests > 0 ? 'requests' : 'bytes'
  const longest = await db
    .selectFrom('quarantine_shares')
    .selectAll()
    .where('source_id', '=', sourceId)
    // Written out, so that the planner sees that the index of exactly these serves.
    .where(sql<boolean>`network <> ''`)
    .orderBy(by, 'desc')
    .limit(networksAtOnce)
    .execute()
  const unseen = longest.length < networksAtOnce ? 0 : (longest.at(-1)?.[by] ?? 0)
  const rows = await oldestOf(
    db,
    sourceId,
    longest.map((share) => ({ network: share.network, rows: mayLose(share, { by, excess: excess[by], unseen }) })),
  )
  const queues = longest.map((share) => ({
    network: share.network,
    length: share[by],
    items: rows.filter(({ network }) => network === share.network),
  }))
  const dropped = longestQueueDrop(queues, {
    excess: excess[by],
    unseen,
    weigh: ({ bytes }) => (by === 'requests' ? 1 : bytes),
  })
  return (await letGo(db, dropped)).length
}

/**
 * How many of a network may be let go in one round: it loses as long as it is the longest, and the round ends with the
 * longest that is not seen. By size that is a guess, by what its requests have on average: who guesses too few asks again.
 */
function mayLose(share: Room, { by, excess, unseen }: { by: keyof Room; excess: number; unseen: number }): number {
  const most = Math.min(excess, share[by] - unseen + 1)
  return by === 'requests' ? most : Math.ceil((most * share.requests) / Math.max(1, share.bytes)) + 1
}

/** The source that holds most loses, as if it were beyond its own bound, until the whole is within the server's. */
async function shrinkServer(db: Kysely<Tables>, { serverBytes }: QuarantineBounds): Promise<number> {
  let gone = 0
  while (true) {
    const [whole] = await sharesOf(db, [''])
    const excess = (whole?.bytes ?? 0) - serverBytes
    if (excess <= 0) return gone
    const [most, next] = await db
      .selectFrom('quarantine_shares')
      .selectAll()
      .where(sql<boolean>`network = ''`)
      .where('source_id', '<>', '')
      .orderBy('bytes', 'desc')
      .limit(2)
      .execute()
    if (!most) return gone
    const lead = most.bytes - (next?.bytes ?? 0)
    const dropped = await dropLongest(db, most.source_id, { requests: 0, bytes: Math.max(1, Math.min(excess, lead)) })
    if (dropped === 0) return gone
    gone += dropped
  }
}

/** The oldest rows of each of these networks of a source, oldest first: of each as many as are asked for, and not too many. */
async function oldestOf(
  db: Kysely<Tables>,
  sourceId: string,
  networks: readonly { network: string; rows: number }[],
): Promise<QuarantinedRow[]> {
  const of = ({ network, rows }: { network: string; rows: number }) =>
    db.selectFrom(
      db
        .selectFrom('quarantined')
        .selectAll()
        .where('source_id', '=', sourceId)
        .where('network', '=', network)
        .orderBy('request_id')
        .limit(Math.max(1, Math.min(oldestAtOnce, rows)))
        .as('some'),
    )
  const [first, ...others] = networks.map((network) => of(network).selectAll())
  if (!first) return []
  return others.reduce((all, each) => all.unionAll(each), first).execute()
}

/** Takes rows and their records away, and counts them out; answers the ids of the records that were there. */
async function letGo(db: Kysely<Tables>, rows: readonly QuarantinedRow[]): Promise<string[]> {
  const gone: string[] = []
  for (let i = 0; i < rows.length; i += rowsAtOnce) {
    const some = rows.slice(i, i + rowsAtOnce)
    const ids = some.map((row) => row.request_id)
    await db.deleteFrom('quarantined').where('request_id', 'in', ids).execute()
    const times = some.map((row) => row.received_at)
    const deleted = await db
      .deleteFrom('requests')
      .where('id', 'in', ids)
      // The days that they are of spare PostgreSQL all others' partitions.
      .where('received_at', '>=', Math.min(...times))
      .where('received_at', '<=', Math.max(...times))
      .where('verdict', '=', 'quarantined')
      .returning('id')
      .execute()
    gone.push(...deleted.map(({ id }) => id))
  }
  if (rows.length > 0) {
    await addShares(
      db,
      rows.map((row) => ({ sourceId: row.source_id, network: row.network, requests: -1, bytes: -row.bytes })),
    )
  }
  return gone
}

const toHead = (row: QuarantinedRow): QuarantinedHead => ({
  requestId: row.request_id,
  workspaceId: row.workspace_id,
  sourceId: row.source_id,
  receivedAt: row.received_at,
  network: row.network,
  bytes: row.bytes,
  sealedParts: row.sealed_parts,
})
