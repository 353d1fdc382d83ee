import { timeOfId } from '../../base/id.ts'
import type { Held, RetentionReads, Sizes } from '../../retention/retention-store.ts'
import { dayMs } from '../days.ts'
import { type Average, apartIn, averageOf, type Counted, heldOf } from '../retention/held.ts'
import { sweepStates } from '../retention/sweep-state.ts'
import type { Rows } from '../retention/sweep-walk.ts'
import { type DailyTable, daysOf, otherOf } from './days.ts'
import { rowsOn } from './rows-on.ts'
import type { Ask } from './session.ts'

/** The days whose rows are taken for what a day brings. */
const lookedDays = 7
/** Rows of a partition, and of a table that has none, that are looked at. */
const rowsAPartition = 20
const rowsATable = 200
/** How long the keys of requests and those of published events are remembered. */
const dedupeWindowMs = 30 * dayMs
const idempotencyWindowMs = dayMs

const text = (column: string) => `coalesce(octet_length(${column}), 0)`

/** What the rows of a table hold, in bytes. */
const contents = {
  requests: {
    record: `${text('url')} + ${text('headers')} + ${text('detail')}`,
    body: 'CASE WHEN body IS NULL THEN 0 ELSE body_bytes END',
  },
  events: { record: `${text('subject')} + ${text('type')}`, body: 'CASE WHEN data IS NULL THEN 0 ELSE data_bytes END' },
  attempts: { record: text('response_headers'), body: text('response_body') },
  deliveries: { record: text('event_type'), body: '0' },
  'dedupe-keys': { record: text('key'), body: '0' },
}

/** What a database holds, from its own statistics and some rows of each day. */
export function postgresRetentionReads(ask: Ask): RetentionReads {
  const rows = rowsOn(ask)
  return {
    states: () => sweepStates(rows),
    async sizes(now): Promise<Sizes> {
      const [size] = await rows.all<{ bytes: number }>('SELECT pg_database_size(current_database()) AS bytes', [])
      return {
        tables: [
          await heldByDays(rows, 'requests', now),
          await heldByDays(rows, 'events', now),
          await heldWhole(
            rows,
            'deliveries',
            now,
            (at) => timeOfId('delivery', String(at)),
            'SELECT min(id) FROM deliveries',
          ),
          await heldByDays(rows, 'attempts', now),
          await heldWhole(rows, 'dedupe-keys', now, Number, oldestKey(now)),
        ],
        databaseBytes: size?.bytes ?? 0,
        // The server keeps no count that is cheap to ask.
        reusableBytes: 0,
      }
    },
  }
}

/**
 * When the oldest key was made. Those of requests are kept for a month and those of published events for a day, so what expires
 * in more than a day or two is a request's; only where there is none it is not.
 */
const oldestKey = (now: number): string =>
  `SELECT coalesce((SELECT min(expires_at) FROM dedupe_keys WHERE expires_at > ${now + 2 * idempotencyWindowMs}) - ${dedupeWindowMs},
     (SELECT min(expires_at) FROM dedupe_keys) - ${idempotencyWindowMs})`

async function heldByDays(rows: Rows, table: DailyTable, now: number): Promise<Held> {
  const counts = await countsOf(rows, table)
  const days = (await daysOf(rows, table)).map((day) => ({ ...day, rows: counts.get(day.name) ?? 0 }))
  const other = { name: otherOf(table), from: now, to: now, rows: counts.get(otherOf(table)) ?? 0 }
  const filled = [...days, other].filter((day) => day.rows > 0)
  const averages = await averagesOf(rows, table, filled)
  const counted = ({ name, rows: count }: (typeof filled)[number]): Counted => ({
    rows: count,
    average: averages.get(name),
  })
  const recent = filled.filter(({ to }) => to > now - lookedDays * dayMs)
  const elapsed = Math.max(1 / 24, (now - (recent[0]?.from ?? now)) / dayMs)
  return heldOf(table, filled[0]?.from ?? null, filled.map(counted), recent.map(counted), elapsed)
}

async function heldWhole(
  rows: Rows,
  table: 'deliveries' | 'dedupe-keys',
  now: number,
  timeOf: (at: unknown) => number | undefined,
  oldest: string,
): Promise<Held> {
  const name = table === 'deliveries' ? table : 'dedupe_keys'
  const [found] = await rows.all<{ at: unknown; count: number }>(
    `SELECT (${oldest}) AS at, greatest(reltuples, pg_stat_get_live_tuples(oid))::int8 AS count
     FROM pg_class WHERE oid = to_regclass(?)`,
    [name],
  )
  const oldestAt = found?.at === null || found === undefined ? null : (timeOf(found.at) ?? null)
  const averages = await averagesOf(rows, table, [{ name }], rowsATable)
  const all = [{ rows: oldestAt === null ? 0 : Math.max(0, found?.count ?? 0), average: averages.get(name) }]
  const days = Math.max(1 / 24, (now - (oldestAt ?? now)) / dayMs)
  return heldOf(table, oldestAt, all, all, days)
}

/** About how many rows each partition of a table has. */
async function countsOf(rows: Rows, table: DailyTable): Promise<Map<string, number>> {
  const found = await rows.all<{ name: string; count: number }>(
    `SELECT c.relname AS name, greatest(c.reltuples, pg_stat_get_live_tuples(c.oid))::int8 AS count
     FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid WHERE i.inhparent = to_regclass(?)`,
    [table],
  )
  return new Map(found.map(({ name, count }) => [name, Math.max(0, count)]))
}

/** What a row of each of these holds on average, from its first rows. */
async function averagesOf(
  rows: Rows,
  table: Held['table'],
  of: readonly { name: string }[],
  limit = rowsAPartition,
): Promise<Map<string, Average>> {
  if (of.length === 0) return new Map()
  const { record, body } = contents[table]
  const mean = (value: string, as: string) => `coalesce(avg(${value}), 0)::float8 AS ${as}`
  const parts = of.map(
    ({ name }) =>
      `SELECT '${name}' AS name, ${mean('record', 'record')}, ${mean('body', 'body')},
         ${mean('apart', 'apart')}, ${mean('record * apart', 'apart_record')}, ${mean('body * apart', 'apart_body')}
       FROM (SELECT ${record} AS record, ${body} AS body, (${apartIn[table]})::int AS apart FROM ${name} LIMIT ${limit}) AS looked`,
  )
  const found = await rows.all<{
    name: string
    record: number
    body: number
    apart: number
    apart_record: number
    apart_body: number
  }>(parts.join(' UNION ALL '), [])
  return new Map(
    found.map(({ name, apart, apart_record, apart_body, ...all }) => [
      name,
      averageOf({ ...all, apart: { rows: apart, record: apart_record, body: apart_body } }),
    ]),
  )
}
