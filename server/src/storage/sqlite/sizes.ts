import { type IdKind, timeOfId } from '../../base/id.ts'
import type { Held, RetentionReads, Sizes } from '../../retention/retention-store.ts'
import { dayMs } from '../days.ts'
import { apartIn, averageOfRows, type Counted, heldOf, type Looked } from '../retention/held.ts'
import { sweepStates } from '../retention/sweep-state.ts'
import type { Database } from './database.ts'
import { pragma } from './retention.ts'
import { rowsOn } from './rows-on.ts'

/** The days whose rows are taken for what a day brings. */
const lookedDays = 7
/** Rows are looked at in so many places of a table, a few in each. */
const places = 20
const rowsAPlace = 5

/** A table, how the time of a row is told, and what its rows hold. */
interface Sized {
  table: Held['table']
  sql: string
  /** The column that tells a row's time. */
  column: string
  timeOf(value: string | number): number
  record: string
  body: string
}

const byId = (kind: IdKind) => (value: string | number) => timeOfId(kind, String(value)) ?? 0
const text = (column: string) => `coalesce(length(${column}), 0)`

const tables: readonly Sized[] = [
  {
    table: 'requests',
    sql: 'requests',
    column: 'id',
    timeOf: byId('request'),
    record: `${text('url')} + ${text('headers')} + ${text('detail')}`,
    body: 'CASE WHEN body IS NULL THEN 0 ELSE body_bytes END',
  },
  {
    table: 'events',
    sql: 'events',
    column: 'id',
    timeOf: byId('event'),
    record: `${text('subject')} + ${text('type')}`,
    body: 'CASE WHEN data IS NULL THEN 0 ELSE data_bytes END',
  },
  {
    table: 'deliveries',
    sql: 'deliveries',
    column: 'id',
    timeOf: byId('delivery'),
    record: text('event_type'),
    body: '0',
  },
  {
    table: 'attempts',
    sql: 'attempts',
    column: 'id',
    timeOf: byId('attempt'),
    record: text('response_headers'),
    body: text('response_body'),
  },
  {
    table: 'dedupe-keys',
    sql: 'dedupe_keys',
    // Not by when it expires: keys are kept for a day or for a month.
    column: 'event_id',
    timeOf: byId('event'),
    record: text('key'),
    body: '0',
  },
]

/**
 * What a SQLite file holds, from the numbers of its rows: they rise with time and have few gaps, so the rows of a day are
 * the numbers between its ends, which are found by halving. Of keys some go sooner than others: how many numbers have a row is seen
 * where rows are looked at.
 */
export function sqliteRetentionReads(db: Database): RetentionReads {
  return {
    states: () => sweepStates(rowsOn(db)),
    async sizes(now): Promise<Sizes> {
      const page = pragma(db, 'page_size')
      return {
        tables: tables.map((each) => heldIn(db, each, now)),
        databaseBytes: pragma(db, 'page_count') * page,
        reusableBytes: pragma(db, 'freelist_count') * page,
      }
    },
  }
}

function heldIn(db: Database, sized: Sized, now: number): Held {
  const { table, sql } = sized
  const first = Number(db.one(`SELECT min(rowid) AS n FROM ${sql}`, [])?.n ?? 0)
  const last = Number(db.one(`SELECT max(rowid) AS n FROM ${sql}`, [])?.n ?? 0)
  if (last === 0) return heldOf(table, null, [], [], 1)
  const oldestAt = timeFrom(db, sized, first)
  const from = Math.max(oldestAt, now - lookedDays * dayMs)
  const days = Math.max(1 / 24, (now - from) / dayMs)
  const lately = countedFrom(db, sized, firstSince(db, sized, first, last, from), last)
  return heldOf(table, oldestAt, [countedFrom(db, sized, first, last)], [lately], days)
}

/** The time of the first row from a number on. */
function timeFrom(db: Database, { sql, column, timeOf }: Sized, number: number): number {
  const row = db.one(`SELECT ${column} AS at FROM ${sql} WHERE rowid >= ? ORDER BY rowid LIMIT 1`, [number])
  return row === undefined ? Number.POSITIVE_INFINITY : timeOf(row.at as string | number)
}

/** The number from which on rows are of that time or later. */
function firstSince(db: Database, sized: Sized, first: number, last: number, time: number): number {
  let [low, high] = [first, last + 1]
  while (low < high) {
    const middle = Math.floor((low + high) / 2)
    if (timeFrom(db, sized, middle) < time) low = middle + 1
    else high = middle
  }
  return low
}

/** The rows between two numbers, of which some are looked at, spread over the whole; all of them where they are few. */
function countedFrom(db: Database, { table, sql, record, body }: Sized, first: number, last: number): Counted {
  const rows = last - first + 1
  const looked: Looked[] = []
  let numbers = 0
  const [spread, each] = rows <= places * rowsAPlace ? [1, rows] : [places, rowsAPlace]
  for (let i = 0; i < spread; i++) {
    const begin = first + Math.floor((rows * i) / spread)
    const found = db.all(
      `SELECT rowid AS number, ${record} AS record, ${body} AS body, CASE WHEN ${apartIn[table]} THEN 1 ELSE 0 END AS apart
       FROM ${sql} WHERE rowid BETWEEN ? AND ? ORDER BY rowid LIMIT ${each}`,
      [begin, last],
    )
    numbers += (found.length < each ? last : Number(found.at(-1)?.number ?? last)) + 1 - begin
    for (const row of found) {
      looked.push({ record: Number(row.record), body: Number(row.body), apart: Number(row.apart) })
    }
  }
  return { rows: Math.round((rows * looked.length) / Math.max(1, numbers)), average: averageOfRows(looked) }
}
