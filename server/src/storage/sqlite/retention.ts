import type { IdKind } from '../../base/id.ts'
import type { SweepName } from '../../retention/keep.ts'
import type { RetentionStore, SweepCall } from '../../retention/retention-store.ts'
import { commonSweeps, deliveryWalk, succeededWalk } from '../retention/sweep-common.ts'
import { bodyIsFree, eventIsFree, passedByAll, recordIsFree } from '../retention/sweep-needs.ts'
import { turnOf } from '../retention/sweep-state.ts'
import { type Rows, type Standing, type Walk, type Walked, walkOn } from '../retention/sweep-walk.ts'
import type { Database } from './database.ts'
import { rowsOn } from './rows-on.ts'

/** Rows of one turn: what accepts wait for behind it is a millisecond or two. */
const rowsATurn = 50
/** Pages of one turn that are given back to the disk. */
const pagesATurn = 64
/** Free pages are left in the file up to this share of it: what comes next fills them without making it grow. */
const sparePart = 10

/** Removes what is old from a SQLite file, fifty rows a turn. */
export function sqliteRetention(db: Database): RetentionStore {
  const rows = rowsOn(db)
  const common = commonSweeps(rows, rowsATurn, '')
  const walk = (way: Walk) => (standing: Standing, call: SweepCall) => walkOn(way, standing, call, rowsATurn)
  const takes: Record<SweepName, (standing: Standing, call: SweepCall) => Promise<Walked>> = {
    ...common,
    'event-data': walk(
      emptying(rows, { table: 'events', column: 'data', empty: 'NULL', free: eventIsFree('events'), kind: 'event' }),
    ),
    'request-bodies': walk(
      emptying(rows, {
        table: 'requests',
        column: 'body',
        empty: 'NULL',
        free: bodyIsFree('requests'),
        kind: 'request',
      }),
    ),
    'attempt-bodies': walk(
      emptying(rows, { table: 'attempts', column: 'response_body', empty: `''`, free: '(0 <= ?)', kind: 'attempt' }),
    ),
    events: walk(deleting(rows, { table: 'events', free: eventIsFree('events'), kind: 'event' })),
    // A request stays for as long as one of its events does.
    requests: walk(
      deleting(rows, { table: 'requests', free: `(0 <= ? AND ${recordIsFree('requests')})`, kind: 'request' }),
    ),
    attempts: walk(deleting(rows, { table: 'attempts', free: '(0 <= ?)', kind: 'attempt' })),
    succeeded: walk(succeededWalk(rows)),
    deliveries: walk(deliveryWalk(rows)),
    'free-pages': async (standing) => shrink(db, standing),
  }
  return { sweep: (call) => turnOf(rows, call, { lock: '', take: (standing) => takes[call.sweep](standing, call) }) }
}

interface Emptied {
  table: 'requests' | 'events' | 'attempts'
  column: string
  empty: string
  free: string
  kind: IdKind
}

/** By number: rows have them in the order in which they came. */
const byNumber = (rows: Rows, table: string) => ({
  async next(place: string, limit: number) {
    const from = Number(place)
    const [newest] = await rows.all<{ place: number | null }>(`SELECT max(rowid) AS place FROM ${table}`, [])
    // A table that was emptied counts from its beginning again, so that what comes now has numbers that were passed long ago.
    const isAnew = newest !== undefined && (newest.place ?? 0) < from - 1
    const found = await rows.all<{ place: number; id: string }>(
      `SELECT rowid AS place, id FROM ${table} WHERE rowid >= ? ORDER BY rowid LIMIT ?`,
      [isAnew ? 0 : from, limit],
    )
    return found.map(({ place, id }) => ({ place: String(place), id }))
  },
  behind: (place: string) => String(Number(place) + 1),
})

/** Takes the contents out of a row and marks it. */
function emptying(rows: Rows, { table, column, empty, free, kind }: Emptied): Walk {
  const isFull = empty === 'NULL' ? `${column} IS NOT NULL` : `${column} <> ${empty}`
  return {
    kind,
    ...byNumber(rows, table),
    async remove(first, last, call) {
      const range = [Number(first), Number(last)]
      const passed = await passedByAll(rows, call)
      const removed = await rows.run(
        `UPDATE ${table} SET ${column} = ${empty}, erased_at = coalesce(erased_at, ?)
         WHERE rowid BETWEEN ? AND ? AND ${isFull} AND ${free}`,
        [call.now, ...range, passed],
      )
      return { removed, kept: await firstOf(rows, table, isFull, range) }
    },
  }
}

function deleting(rows: Rows, { table, free, kind }: Pick<Emptied, 'table' | 'free' | 'kind'>): Walk {
  return {
    kind,
    ...byNumber(rows, table),
    async remove(first, last, call) {
      const range = [Number(first), Number(last)]
      const passed = await passedByAll(rows, call)
      const removed = await rows.run(`DELETE FROM ${table} WHERE rowid BETWEEN ? AND ? AND ${free}`, [...range, passed])
      return { removed, kept: await firstOf(rows, table, '1', range) }
    },
  }
}

async function firstOf(rows: Rows, table: string, condition: string, range: readonly number[]): Promise<string | null> {
  const [kept] = await rows.all<{ place: number | null }>(
    `SELECT min(rowid) AS place FROM ${table} WHERE rowid BETWEEN ? AND ? AND ${condition}`,
    range,
  )
  return kept?.place === null || kept === undefined ? null : String(kept.place)
}

/** Gives some of the pages that hold nothing back to the disk, unless they are few. */
function shrink(db: Database, standing: Standing): Walked {
  const free = pragma(db, 'freelist_count')
  const spare = Math.ceil(pragma(db, 'page_count') / sparePart)
  const pages = Math.min(pagesATurn, free - spare)
  if (pages <= 0) return { removed: 0, isDone: true, standing }
  db.exec(`PRAGMA incremental_vacuum(${pages})`)
  // A file that was made without the setting gives nothing back.
  const removed = free - pragma(db, 'freelist_count')
  return { removed, isDone: removed === 0, standing: { ...standing, removed: standing.removed + removed } }
}

export const pragma = (db: Database, name: string): number =>
  Number(Object.values(db.one(`PRAGMA ${name}`, []) ?? {})[0])
