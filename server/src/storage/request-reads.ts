import { type Kysely, type RawBuilder, type SelectQueryBuilder, type SqlBool, sql } from 'kysely'
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

/** So much one page of a list looks through where no index knows what is asked for. */
const mostRows = 5000
const mostBytes = 32 * 1024 * 1024
/** On a slow disk it is less: SQLite's reader answers nobody else meanwhile, and is ended after two seconds. */
const mostMs = 400
/** In steps, so that what is found soon is answered soon. A step is one row at least, whatever it weighs. */
const stepRows = 250
const stepBytes = 4 * 1024 * 1024

/** These have a cause, and an index of their own, because they are few. */
const withCause: readonly RequestVerdict[] = ['duplicate', 'quarantined']

type Requests = SelectQueryBuilder<Tables, 'requests', object>

/** What came in, as lists and as single records. */
export function requestReads(db: Kysely<Tables>, contains: Contains): RequestReads {
  return {
    list: (workspaceId, filter, page) => {
      const from = (after: string | null) => served(db, workspaceId, filter, after)
      const sought = soughtBy(filter, contains)
      return sought.length === 0 ? firstOf(from, page) : seek(from, sought, page, filter.text !== undefined)
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

/** The rows that an index finds, newest first, before anything in them is looked at. */
function served(
  db: Kysely<Tables>,
  workspaceId: string,
  { sourceId, from, to, cause, verdicts }: RequestFilter,
  after: string | null,
): Requests {
  let query = db.selectFrom('requests').where('workspace_id', '=', workspaceId).orderBy('id', 'desc')
  if (sourceId !== undefined) query = query.where('source_id', '=', sourceId)
  else if (cause !== undefined || verdicts?.every((each) => withCause.includes(each)))
    query = query.where('cause', 'is not', null)
  // An id is of the moment of receipt. The time beside it, give or take a day, spares PostgreSQL the other partitions.
  if (from !== undefined)
    query = query.where('id', '>=', lowestId('request', from)).where('received_at', '>=', from - dayMs)
  if (to !== undefined) query = query.where('id', '<', lowestId('request', to)).where('received_at', '<', to + dayMs)
  if (after !== null) query = query.where('id', '<', after).where('received_at', '<', dayOf('request', after).to)
  return query
}

/** A condition on a row. */
type Sought = RawBuilder<SqlBool>

/** What has to be looked for in the rows. */
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

async function firstOf(from: (after: string | null) => Requests, { after, limit }: Page): Promise<RequestPage> {
  const rows = await heads(from(after), limit + 1)
  return pageOf(rows, limit, null)
}

/** Looks through the rows, step by step, until the page is full or enough has been looked at. */
async function seek(
  from: (after: string | null) => Requests,
  sought: readonly Sought[],
  { after, limit }: Page,
  looksIntoBodies: boolean,
): Promise<RequestPage> {
  const begin = systemClock.elapsed()
  const rows: RequestHead[] = []
  const looked = { rows: 0, bytes: 0 }
  for (let place = after; ; ) {
    const step = await nextStep(from(place), looksIntoBodies)
    if (step.to === undefined) return { rows, next: null }
    const fitting = sought.reduce((query, each) => query.where(each), from(place).where('id', '>=', step.to))
    rows.push(...(await heads(fitting, limit - rows.length + 1)))
    looked.rows += step.rows
    looked.bytes += step.bytes
    const isEnough = looked.rows >= mostRows || looked.bytes >= mostBytes || systemClock.elapsed() - begin >= mostMs
    if (rows.length > limit || step.isLast || isEnough) return pageOf(rows, limit, step.isLast ? null : step.to)
    place = step.to
  }
}

/** How far the next step goes: so many rows, or so many bytes of bodies. */
async function nextStep(query: Requests, looksIntoBodies: boolean) {
  const sizes = looksIntoBodies ? (['body_bytes'] as const) : []
  const candidates = await query
    .select(['id', ...sizes])
    .limit(stepRows)
    .execute()
  let [rows, bytes] = [0, 0]
  for (const { body_bytes = 0 } of candidates) {
    if (rows > 0 && bytes + body_bytes > stepBytes) break
    rows++
    bytes += body_bytes
  }
  return { to: candidates[rows - 1]?.id, rows, bytes, isLast: rows === candidates.length && rows < stepRows }
}

/** A page of what was found. When all of that is on it, the next one begins where the looking ended. */
function pageOf(rows: RequestHead[], limit: number, next: string | null): RequestPage {
  return rows.length > limit ? { rows: rows.slice(0, limit), next: rows[limit - 1]?.id ?? null } : { rows, next }
}

const columns = ['id', 'source_id', 'received_at', 'method', 'url', 'headers', 'body_bytes', 'sender_address'] as const

async function heads(query: Requests, limit: number): Promise<RequestHead[]> {
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
