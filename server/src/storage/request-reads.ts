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

/** How much is looked through: entries of an index, rows, and bytes of bodies. */
interface Amount {
  entries: number
  rows: number
  bytes: number
}

export interface Bounds {
  /** For one page. */
  most: Amount
  /** On a slow disk it is less: SQLite's reader answers nobody else meanwhile, and is ended after two seconds. */
  mostMs: number
  /** At a time, so that what is found soon is answered soon. It is one row at least, whatever that weighs. */
  step: Amount
}

const usualBounds: Bounds = {
  most: { entries: 100_000, rows: 5000, bytes: 32 * 1024 * 1024 },
  mostMs: 400,
  step: { entries: 20_000, rows: 250, bytes: 4 * 1024 * 1024 },
}

/** These have a cause, and an index of their own, because they are few. */
const withCause: readonly RequestVerdict[] = ['duplicate', 'quarantined']

/** What came in, as lists and as single records. */
export function requestReads(db: Kysely<Tables>, contains: Contains, bounds = usualBounds): RequestReads {
  return {
    async list(workspaceId, filter, page) {
      const sought = soughtBy(workspaceId, filter, contains)
      if (sought.length > 0 || filter.sourceId !== undefined)
        return seek({ db, workspaceId, filter, sought, bounds }, page)
      const rows = await heads(inOrder(db, workspaceId, filter, page.after), page.limit + 1)
      return pageOf(rows, page.limit, null)
    },
    async beginning(workspaceId, id, bytes) {
      const day = dayOf('request', id)
      const row = await db
        .selectFrom('requests')
        .select(
          // SQLite makes nothing of an empty body.
          sql<Uint8Array | null>`CASE WHEN length(body) > ${sql.lit(bytes)} THEN substr(body, 1, ${sql.lit(bytes)})
            ELSE body END`.as('beginning'),
        )
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

function soughtBy(
  workspaceId: string,
  { verdicts, cause, senderAddress, text, customer }: RequestFilter,
  contains: Contains,
): Sought[] {
  const sought: Sought[] = []
  if (verdicts !== undefined) sought.push(sql`verdict IN (${sql.join(verdicts)})`)
  if (cause !== undefined) sought.push(sql`cause = ${cause}`)
  if (senderAddress !== undefined) sought.push(sql`sender_address = ${senderAddress}`)
  if (customer !== undefined) {
    // An event carries the time of its request.
    sought.push(sql`(EXISTS (SELECT 1 FROM events WHERE events.request_id = requests.id
        AND events.received_at = requests.received_at AND events.workspace_id = ${workspaceId}
        AND events.customer = ${customer})
      OR source_id IN (SELECT sources.id FROM sources WHERE sources.workspace_id = ${workspaceId}
        AND sources.customer = ${customer}))`)
  }
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

/** What is looked for, and where. */
interface Search {
  db: Kysely<Tables>
  workspaceId: string
  filter: RequestFilter
  sought: readonly Sought[]
  bounds: Bounds
}

/** Looks through the rows, step by step, until the page is full or enough has been looked at. */
async function seek(search: Search, { after, limit }: Page): Promise<RequestPage> {
  const { most, mostMs } = search.bounds
  const begin = systemClock.elapsed()
  const rows: RequestHead[] = []
  const looked: Amount = { entries: 0, rows: 0, bytes: 0 }
  for (let place = after; ; ) {
    const next = await nextStep(search, place)
    rows.push(...(await matching(search, next.ids, limit - rows.length + 1)))
    looked.entries += next.entries
    looked.rows += next.ids.length
    looked.bytes += next.bytes
    place = next.to
    const isEnough = looked.entries >= most.entries || looked.rows >= most.rows || looked.bytes >= most.bytes
    if (rows.length > limit || place === null || isEnough || systemClock.elapsed() - begin >= mostMs)
      return pageOf(rows, limit, place)
  }
}

/** The rows to look at next, and how far that goes; null when nothing is behind them. */
async function nextStep({ db, workspaceId, filter, bounds: { step } }: Search, after: string | null) {
  const entries = inOrder(db, workspaceId, filter, after).select(['id', 'source_id'])
  let candidates = db.selectFrom(entries.limit(step.entries).as('entries')).select('id')
  if (filter.sourceId !== undefined) candidates = candidates.where('source_id', '=', filter.sourceId)
  const found = await candidates.orderBy('id', 'desc').limit(step.rows).execute()
  const all = found.map(({ id }) => id)
  const { ids, bytes } =
    filter.text === undefined ? { ids: all, bytes: 0 } : await lightest(db, workspaceId, all, step.bytes)
  // How many entries lie between the rows of a source is not known, nor does it matter: it found what it looked for.
  if (ids.length === step.rows || ids.length < all.length)
    return { ids, bytes, entries: ids.length, to: ids.at(-1) ?? null }
  const end = await entries
    .offset(step.entries - 1)
    .limit(1)
    .executeTakeFirst()
  return { ids, bytes, entries: step.entries, to: end?.id ?? null }
}

/** As many of the first ones as may be looked into at a time. */
async function lightest(db: Kysely<Tables>, workspaceId: string, ids: readonly string[], mostBytes: number) {
  if (ids.length === 0) return { ids, bytes: 0 }
  const sizes = await among(db, workspaceId, ids).select(['id', 'body_bytes']).orderBy('id', 'desc').execute()
  let [rows, bytes] = [0, 0]
  for (const { body_bytes } of sizes) {
    if (rows > 0 && bytes + body_bytes > mostBytes) break
    rows++
    bytes += body_bytes
  }
  // A row that has just been deleted has no size, and is not found either.
  return { ids: rows < sizes.length ? sizes.slice(0, rows).map(({ id }) => id) : ids, bytes }
}

async function matching(
  { db, workspaceId, sought }: Search,
  ids: readonly string[],
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
