import { type Kysely, type RawBuilder, type SqlBool, sql } from 'kysely'
import { systemClock } from '../base/clock.ts'
import { lowestId } from '../base/id.ts'
import type { Page } from '../base/page.ts'
import type { RequestVerdict } from '../events/request.ts'
import type { RequestFilter, RequestHead, RequestPage, RequestReads } from '../events/request-store.ts'
import { dayMs, dayOf } from './days.ts'
import { requestOutcome, requestRepeats } from './request-outcome.ts'
import type { Tables } from './tables.ts'

/** Whether a column holds a text or bytes somewhere. Each engine says it in its own way. */
export interface Contains {
  text(column: 'url' | 'headers', text: string): Sought
  bytes(column: 'body', bytes: Uint8Array): Sought
}

/** A condition on a row that no index knows. */
type Sought = RawBuilder<SqlBool>

/** So much one page looks through: entries of an index, rows, and bytes of bodies. */
const most = { entries: 100_000, rows: 5000, bytes: 32 * 1024 * 1024 }
/** On a slow disk it is less: SQLite's reader answers nobody else meanwhile, and is ended after two seconds. */
const mostMs = 400
/** In steps, so that what is found soon is answered soon. A step is one row at least, whatever it weighs. */
const step = { entries: 20_000, rows: 250, bytes: 4 * 1024 * 1024 }

/** These have a cause, and an index of their own, because they are few. */
const withCause: readonly RequestVerdict[] = ['duplicate', 'quarantined']

/** What came in, as lists and as single records. */
export function requestReads(db: Kysely<Tables>, contains: Contains): RequestReads {
  return {
    async list(workspaceId, filter, page) {
      const sought = soughtBy(filter, contains)
      if (sought.length > 0 || filter.sourceId !== undefined) return seek(db, workspaceId, filter, sought, page)
      const rows = await heads(inOrder(db, workspaceId, filter, page.after), page.limit + 1)
      return pageOf(rows, page.limit, null)
    },
    async beginning(workspaceId, id, bytes) {
      const day = dayOf('request', id)
      const row = await db
        .selectFrom('requests')
        .select(sql<Uint8Array | null>`substr(body, 1, ${sql.lit(bytes)})`.as('beginning'))
        .where('workspace_id', '=', workspaceId)
        .where('id', '=', id)
        .where('received_at', '>=', day.from)
        .where('received_at', '<', day.to)
        .executeTakeFirst()
      return row?.beginning ?? undefined
    },
    outcome: requestOutcome(db),
    repeats: requestRepeats(db),
  }
}

/** The rows of a workspace, newest first, as an index finds them: before anything in them is looked at. */
function inOrder(
  db: Kysely<Tables>,
  workspaceId: string,
  { from, to, cause, verdicts }: RequestFilter,
  after: string | null,
) {
  let query = db.selectFrom('requests').where('workspace_id', '=', workspaceId).orderBy('id', 'desc')
  if (cause !== undefined || verdicts?.every((each) => withCause.includes(each)))
    query = query.where('cause', 'is not', null)
  // An id is of the moment of receipt. The time beside it, give or take a day, spares PostgreSQL the other partitions.
  if (from !== undefined)
    query = query.where('id', '>=', lowestId('request', from)).where('received_at', '>=', from - dayMs)
  if (to !== undefined) query = query.where('id', '<', lowestId('request', to)).where('received_at', '<', to + dayMs)
  if (after !== null) query = query.where('id', '<', after).where('received_at', '<', dayOf('request', after).to)
  return query
}

function soughtBy({ verdicts, cause, senderAddress, text }: RequestFilter, contains: Contains): Sought[] {
  const sought: Sought[] = []
  if (verdicts !== undefined) sought.push(sql`verdict IN (${sql.join(verdicts)})`)
  if (cause !== undefined) sought.push(sql`cause = ${cause}`)
  if (senderAddress !== undefined) sought.push(sql`sender_address = ${senderAddress}`)
  if (text !== undefined) {
    // Headers are kept as JSON.
    const inJson = JSON.stringify(text).slice(1, -1)
    const places = [
      contains.text('url', text),
      contains.text('headers', inJson),
      contains.bytes('body', Buffer.from(text)),
    ]
    sought.push(sql`(${sql.join(places, sql` OR `)})`)
  }
  return sought
}

/** Looks through the rows, step by step, until the page is full or enough has been looked at. */
async function seek(
  db: Kysely<Tables>,
  workspaceId: string,
  filter: RequestFilter,
  sought: readonly Sought[],
  { after, limit }: Page,
): Promise<RequestPage> {
  const begin = systemClock.elapsed()
  const rows: RequestHead[] = []
  const looked = { entries: 0, rows: 0, bytes: 0 }
  for (let place = after; ; ) {
    const next = await nextStep(db, workspaceId, filter, place)
    rows.push(...(await matching(db, workspaceId, next.ids, sought, limit - rows.length + 1)))
    looked.entries += step.entries
    looked.rows += next.ids.length
    looked.bytes += next.bytes
    place = next.to
    const isEnough = looked.entries >= most.entries || looked.rows >= most.rows || looked.bytes >= most.bytes
    const isTired = isEnough || systemClock.elapsed() - begin >= mostMs
    if (rows.length > limit || isTired || place === null) return pageOf(rows, limit, place)
  }
}

/** The rows to look at next, and how far that goes; null when nothing is behind them. */
async function nextStep(db: Kysely<Tables>, workspaceId: string, filter: RequestFilter, after: string | null) {
  const entries = inOrder(db, workspaceId, filter, after).select(['id', 'source_id'])
  let candidates = db.selectFrom(entries.limit(step.entries).as('entries')).select('id')
  if (filter.sourceId !== undefined) candidates = candidates.where('source_id', '=', filter.sourceId)
  const found = await candidates.orderBy('id', 'desc').limit(step.rows).execute()
  const all = found.map(({ id }) => id)
  const { ids, bytes } = filter.text === undefined ? { ids: all, bytes: 0 } : await lightest(db, workspaceId, all)
  if (ids.length === step.rows || ids.length < all.length) return { ids, bytes, to: ids.at(-1) ?? null }
  const end = await entries
    .offset(step.entries - 1)
    .limit(1)
    .executeTakeFirst()
  return { ids, bytes, to: end?.id ?? null }
}

/** As many of the first ones as a step may weigh. */
async function lightest(db: Kysely<Tables>, workspaceId: string, ids: readonly string[]) {
  const sizes = await among(db, workspaceId, ids).select(['id', 'body_bytes']).orderBy('id', 'desc').execute()
  let [rows, bytes] = [0, 0]
  for (const { body_bytes } of sizes) {
    if (rows > 0 && bytes + body_bytes > step.bytes) break
    rows++
    bytes += body_bytes
  }
  // A row that has just been deleted has no size, and is not found either.
  return { ids: rows < sizes.length ? sizes.slice(0, rows).map(({ id }) => id) : ids, bytes }
}

async function matching(
  db: Kysely<Tables>,
  workspaceId: string,
  ids: readonly string[],
  sought: readonly Sought[],
  limit: number,
): Promise<RequestHead[]> {
  if (ids.length === 0) return []
  const query = sought.reduce((rows, each) => rows.where(each), among(db, workspaceId, ids).orderBy('id', 'desc'))
  return heads(query, limit)
}

/** These rows, newest first. */
function among(db: Kysely<Tables>, workspaceId: string, ids: readonly string[]) {
  return db
    .selectFrom('requests')
    .where('workspace_id', '=', workspaceId)
    .where('id', 'in', ids)
    .where('received_at', '>=', dayOf('request', ids.at(-1) ?? '').from)
    .where('received_at', '<', dayOf('request', ids[0] ?? '').to)
}

/** A page of what was found. When all of that is on it, the next one begins where the looking ended. */
function pageOf(rows: RequestHead[], limit: number, next: string | null): RequestPage {
  return rows.length > limit ? { rows: rows.slice(0, limit), next: rows[limit - 1]?.id ?? null } : { rows, next }
}

const columns = ['id', 'source_id', 'received_at', 'method', 'url', 'headers', 'body_bytes', 'sender_address'] as const

async function heads(query: ReturnType<typeof inOrder>, limit: number): Promise<RequestHead[]> {
  const found = await query
    .select([...columns, 'verdict', 'cause', 'repeat_of'])
    .select([
      sql<number | boolean>`body IS NOT NULL`.as('is_body_kept'),
      // An event carries the time of its request.
      sql<number>`(SELECT count(*) FROM events WHERE events.request_id = requests.id
        AND events.received_at = requests.received_at)`.as('event_count'),
    ])
    .limit(limit)
    .execute()
  return found.map((row) => ({
    id: row.id,
    sourceId: row.source_id,
    receivedAt: row.received_at,
    method: row.method,
    url: row.url,
    headers: JSON.parse(row.headers) as [string, string][],
    bodyBytes: row.body_bytes,
    senderAddress: row.sender_address,
    verdict: row.verdict as RequestVerdict,
    cause: row.cause,
    repeatOf: row.repeat_of,
    isBodyKept: Boolean(row.is_body_kept),
    eventCount: Number(row.event_count),
  }))
}
