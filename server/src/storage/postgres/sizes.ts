import { timeOfId } from '../../base/id.ts'
import type { Held, RetentionReads, Sizes } from '../../retention/retention-store.ts'
import { dayMs } from '../days.ts'
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
/** What a row takes beside its texts. */
const rowBytes = 120
const dedupeWindowMs = 30 * dayMs

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
  dedupe_keys: { record: text('key'), body: '0' },
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
          await heldWhole(rows, 'deliveries', now, (at) => timeOfId('delivery', String(at)), 'min(id)'),
          await heldByDays(rows, 'attempts', now),
          await heldWhole(rows, 'dedupe_keys', now, (at) => Number(at) - dedupeWindowMs, 'min(expires_at)'),
        ],
        databaseBytes: size?.bytes ?? 0,
        // The server keeps no count that is cheap to ask.
        reusableBytes: 0,
      }
    },
  }
}

async function heldByDays(rows: Rows, table: DailyTable, now: number): Promise<Held> {
  const counts = await countsOf(rows, table)
  const days = (await daysOf(rows, table)).map((day) => ({ ...day, rows: counts.get(day.name) ?? 0 }))
  const other = { name: otherOf(table), from: now, to: now, rows: counts.get(otherOf(table)) ?? 0 }
  const filled = [...days, other].filter((day) => day.rows > 0)
  const averages = await averagesOf(rows, contents[table], filled)
  const sum = (some: readonly { name: string; rows: number }[], of: 'record' | 'body') =>
    some.reduce((all, { name, rows: count }) => all + count * (averages.get(name)?.[of] ?? 0), 0)
  const recent = filled.filter(({ to }) => to > now - lookedDays * dayMs)
  const oldestAt = filled[0]?.from ?? null
  const elapsed = Math.max(1 / 24, (now - (recent[0]?.from ?? now)) / dayMs)
  return {
    table,
    rows: filled.reduce((all, { rows: count }) => all + count, 0),
    recordBytes: sum(filled, 'record'),
    bodyBytes: sum(filled, 'body'),
    oldestAt,
    perDay: {
      rows: recent.reduce((all, { rows: count }) => all + count, 0) / elapsed,
      recordBytes: sum(recent, 'record') / elapsed,
      bodyBytes: sum(recent, 'body') / elapsed,
    },
  }
}

async function heldWhole(
  rows: Rows,
  table: 'deliveries' | 'dedupe_keys',
  now: number,
  timeOf: (at: unknown) => number | undefined,
  oldest: string,
): Promise<Held> {
  const [found] = await rows.all<{ at: unknown; count: number }>(
    `SELECT (SELECT ${oldest} FROM ${table}) AS at, greatest(reltuples, pg_stat_get_live_tuples(oid))::int8 AS count
     FROM pg_class WHERE oid = to_regclass(?)`,
    [table],
  )
  const oldestAt = found?.at === null || found === undefined ? null : (timeOf(found.at) ?? null)
  const count = oldestAt === null ? 0 : Math.max(0, found?.count ?? 0)
  const average = (await averagesOf(rows, contents[table], [{ name: table }], rowsATable)).get(table)
  const recordBytes = count * (average?.record ?? 0)
  const days = Math.max(1 / 24, (now - (oldestAt ?? now)) / dayMs)
  return {
    table: table === 'deliveries' ? 'deliveries' : 'dedupe-keys',
    rows: count,
    recordBytes,
    bodyBytes: 0,
    oldestAt,
    perDay: { rows: count / days, recordBytes: recordBytes / days, bodyBytes: 0 },
  }
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
  { record, body }: { record: string; body: string },
  of: readonly { name: string }[],
  limit = rowsAPartition,
): Promise<Map<string, { record: number; body: number }>> {
  if (of.length === 0) return new Map()
  const parts = of.map(
    ({ name }) =>
      `SELECT '${name}' AS name, avg(record)::float8 AS record, avg(body)::float8 AS body
       FROM (SELECT ${record} AS record, ${body} AS body FROM ${name} LIMIT ${limit}) AS sampled`,
  )
  const found = await rows.all<{ name: string; record: number | null; body: number | null }>(
    parts.join(' UNION ALL '),
    [],
  )
  return new Map(found.map((row) => [row.name, { record: (row.record ?? 0) + rowBytes, body: row.body ?? 0 }]))
}
