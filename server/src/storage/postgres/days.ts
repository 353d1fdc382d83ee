import { dayMs } from '../days.ts'
import type { Rows } from '../retention/sweep-walk.ts'

/** A table with a partition for each day, and the column that tells the day. */
export const dailyTables = { requests: 'received_at', events: 'received_at', attempts: 'started_at' } as const
export type DailyTable = keyof typeof dailyTables

/** The partition of one day. */
export interface DayOf {
  /** What it is called in the database, such as `events_20261122`. */
  name: string
  /** `20261122`: sorts by time. */
  key: string
  from: number
  to: number
}

/** Where a table's rows are that fell into no day's partition. */
export const otherOf = (table: DailyTable): string => `${table}_other`

/** The first day from a place on that was over before then; a place is a day's key with what follows it. */
export async function oldDayFrom(
  rows: Rows,
  table: DailyTable,
  before: number,
  place: string,
): Promise<DayOf | undefined> {
  return (await daysOf(rows, table)).find(({ key, to }) => to <= before && behindDay(key) > place)
}

/** The days of a table, oldest first. */
export async function daysOf(rows: Rows, table: DailyTable): Promise<DayOf[]> {
  const found = await rows.all<{ name: string }>(
    `SELECT c.relname AS name FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
     WHERE i.inhparent = to_regclass(?) ORDER BY c.relname COLLATE "C"`,
    [table],
  )
  return found.flatMap(({ name }) => dayNamed(table, name) ?? [])
}

function dayNamed(table: DailyTable, name: string): DayOf | undefined {
  const key = name.slice(table.length + 1)
  const [, year, month, day] = /^(\d{4})(\d{2})(\d{2})$/.exec(key) ?? []
  if (day === undefined) return undefined
  const from = Date.UTC(Number(year), Number(month) - 1, Number(day))
  return { name, key, from, to: from + dayMs }
}

/** The key of the day of a time. */
export const keyOf = (ms: number): string => new Date(ms).toISOString().slice(0, 10).replaceAll('-', '')

/** The place behind a whole day. */
export const behindDay = (key: string): string => `${key}~`
