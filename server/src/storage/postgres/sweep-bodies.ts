import type { SweepCall } from '../../retention/retention-store.ts'
import { passedByAll } from '../retention/sweep-needs.ts'
import type { Rows, Standing, Walked } from '../retention/sweep-walk.ts'
import { behindDay, type DailyTable, dailyTables, keyOf, oldDayFrom, otherOf } from './days.ts'
import type { Session } from './session.ts'

/** Pages of a partition that are looked at in one turn: some hundred rows. */
const pagesATurn = 16
/** Rows of the default partition in one turn. */
const rowsATurn = 500

/** What is taken out of the rows of a table, and when it may be. */
export interface Contents {
  table: DailyTable
  column: string
  empty: string
  /** A condition on a row of the partition of that name; its one value is the place that every follower has passed. */
  free(partition: string): string
}

/**
 * Empties rows day by day, a few pages of a day's partition at a time, in the order in which they lie: no index is needed,
 * and each page is read once. A day that has a row which must stay is gone through again in the next pass.
 */
export function emptyingDays(rows: Rows, contents: Contents) {
  return async (standing: Standing, call: SweepCall): Promise<Walked> => {
    const day = await oldDayFrom(rows, contents.table, call.before, standing.place)
    if (!day) return endOf(standing, await emptyOthers(rows, contents, call), rowsATurn)
    const page = Number(standing.place.startsWith(`${day.key}/`) ? standing.place.slice(day.key.length + 1) : 0)
    const turn = await emptyPages(rows, contents, day.name, page, call)
    const next = page + pagesATurn
    return {
      removed: turn.removed,
      isDone: false,
      standing: {
        place: next < turn.pages ? `${day.key}/${next}` : behindDay(day.key),
        keptFrom: standing.keptFrom ?? (turn.isKept ? `${day.key}/${page}` : null),
        removed: standing.removed + turn.removed,
      },
    }
  }
}

/**
 * The days are through, and so is a batch of the rows that are in no day's partition. When they are through too, the pass
 * has ended: the next one begins where this one left something, else with the days that are not old yet.
 */
export function endOf({ place, keptFrom, removed: before }: Standing, removed: number, limit: number): Walked {
  const isDone = removed < limit
  const next = isDone ? { place: keptFrom ?? place, keptFrom: null } : { place, keptFrom }
  return { removed, isDone, standing: { ...next, removed: before + removed } }
}

/** Events that were received long ago come into the log: the day of the oldest may have been gone through already. */
export async function lookAgain({ ask }: Session, events: readonly { receivedAt: number }[]): Promise<void> {
  if (events.length === 0) return
  const place = `${keyOf(Math.min(...events.map(({ receivedAt }) => receivedAt)))}/0`
  await ask(
    `UPDATE sweeps SET kept_from = least(coalesce(kept_from, $1), $1) WHERE name IN ('event-data', 'events') AND place > $1`,
    [place],
  )
}

const fullness = ({ column, empty }: Contents) => (empty === 'NULL' ? `${column} IS NOT NULL` : `${column} <> ${empty}`)

async function emptyPages(rows: Rows, contents: Contents, name: string, page: number, call: SweepCall) {
  const here = `ctid >= '(${page},0)'::tid AND ctid < '(${page + pagesATurn},0)'::tid AND ${fullness(contents)}`
  const [size] = await rows.all<{ pages: number }>(
    `SELECT pg_relation_size(to_regclass(?)) / current_setting('block_size')::int AS pages`,
    [name],
  )
  const removed = await rows.run(
    `UPDATE ${name} SET ${contents.column} = ${contents.empty}, erased_at = coalesce(erased_at, ?)
     WHERE ${here} AND ${contents.free(name)}`,
    [call.now, await passedByAll(rows, call)],
  )
  const kept = await rows.all(`SELECT 1 AS one FROM ${name} WHERE ${here} LIMIT 1`, [])
  return { removed, pages: Number(size?.pages ?? 0), isKept: kept.length > 0 }
}

async function emptyOthers(rows: Rows, contents: Contents, call: SweepCall): Promise<number> {
  const name = otherOf(contents.table)
  return rows.run(
    `UPDATE ${name} SET ${contents.column} = ${contents.empty}, erased_at = coalesce(erased_at, ?)
     WHERE ctid = ANY (ARRAY(SELECT ctid FROM ${name} WHERE ${dailyTables[contents.table]} < ?
       AND ${fullness(contents)} AND ${contents.free(name)} LIMIT ?))`,
    [call.now, call.before, await passedByAll(rows, call), rowsATurn],
  )
}
