import { StoreUnavailable } from '../../base/errors.ts'
import type { SweepCall } from '../../retention/retention-store.ts'
import { isInOrder } from '../order.ts'
import { eventIsFree, passedByAll, recordIsFree } from '../retention/sweep-needs.ts'
import type { Rows, Standing, Walked } from '../retention/sweep-walk.ts'
import { behindDay, type DailyTable, type DayOf, dailyTables, daysOf, oldDayFrom, otherOf } from './days.ts'
import type { Session } from './session.ts'
import { endOf } from './sweep-bodies.ts'

/** A partition that goes keeps everybody from its table; whoever uses it for longer than this is waited for later. */
const lockMs = 100
/** Rows of the default partition in one turn. */
const rowsATurn = 500

/**
 * Drops whole days, the oldest first, one a turn. A day in which anything is still needed stays, and is looked at again in
 * the next pass; rows that are in no day's partition are deleted one by one.
 */
export function droppingDays(session: Session, rows: Rows, table: DailyTable) {
  return async (standing: Standing, call: SweepCall): Promise<Walked> => {
    const day = await oldDayFrom(rows, table, call.before, standing.place)
    if (!day) return endOf(standing, await deleteOthers(rows, table, call), rowsATurn)
    if (await isNeeded(rows, table, day, call)) {
      const keptFrom = standing.keptFrom ?? `${day.key}/0`
      return { removed: 0, isDone: false, standing: { ...standing, place: behindDay(day.key), keptFrom } }
    }
    const count = await rowsOf(rows, day)
    // Somebody has used the table for longer than anybody may be kept waiting: the next time.
    if (!(await drop(session, day))) return { removed: 0, isDone: true, standing }
    const removed = standing.removed + count
    return { removed: count, isDone: false, standing: { ...standing, place: behindDay(day.key), removed } }
  }
}

/** Answers whether the partition is gone. */
async function drop(session: Session, { name }: DayOf): Promise<boolean> {
  try {
    await session.savepoint(() => session.ask(`SET LOCAL lock_timeout = ${lockMs}; DROP TABLE IF EXISTS ${name}`))
    return true
  } catch (error) {
    if (error instanceof StoreUnavailable) return false
    throw error
  }
}

/** About how many rows it has, by the database's own statistics: counting them would read them all. */
async function rowsOf(rows: Rows, { name }: DayOf): Promise<number> {
  const [found] = await rows.all<{ count: number }>(
    `SELECT greatest(c.reltuples, pg_stat_get_live_tuples(c.oid))::int8 AS count FROM pg_class c WHERE c.oid = to_regclass(?)`,
    [name],
  )
  return Math.max(0, Number(found?.count ?? 0))
}

function isNeeded(rows: Rows, table: DailyTable, day: DayOf, call: SweepCall): Promise<boolean> {
  switch (table) {
    case 'events':
      return eventsAreNeeded(rows, day, call)
    case 'requests':
      return requestsAreNeeded(rows, day)
    case 'attempts':
      // They are a record: nothing goes on from them.
      return Promise.resolve(false)
  }
}

async function eventsAreNeeded(rows: Rows, { name }: DayOf, call: SweepCall): Promise<boolean> {
  const [ends] = await rows.all<{ first: number | null; last: number | null }>(
    `SELECT min(seq) AS first, max(seq) AS last FROM ${name}`,
    [],
  )
  if (!ends || ends.first === null || ends.last === null) return false
  if (ends.last > (await passedByAll(rows, call))) return true
  const parked = await rows.all(
    `SELECT 1 AS one FROM followers f JOIN parked p ON p.follower = f.name AND p.seq BETWEEN ? AND ? LIMIT 1`,
    [ends.first, ends.last],
  )
  if (parked.length > 0) return true
  // By the indexes of unfinished ones, and of those that others wait for.
  for (const unfinished of [
    'deliveries WHERE status = 0',
    `deliveries WHERE ${isInOrder}`,
    'blocked_keys WHERE true',
  ]) {
    const found = await rows.all(`SELECT 1 AS one FROM ${unfinished} AND event_seq BETWEEN ? AND ? LIMIT 1`, [
      ends.first,
      ends.last,
    ])
    if (found.length > 0) return true
  }
  return false
}

/** Requests live as long as their events, which were received on the same day. */
async function requestsAreNeeded(rows: Rows, { name, key, from, to }: DayOf): Promise<boolean> {
  if ((await daysOf(rows, 'events')).some((day) => day.key === key)) return true
  const held = await rows.all('SELECT 1 AS one FROM held_events WHERE received_at >= ? AND received_at < ? LIMIT 1', [
    from,
    to,
  ])
  if (held.length > 0) return true
  const refused = await rows.all(`SELECT 1 AS one FROM ${name} WHERE verdict = 'quarantined' LIMIT 1`, [])
  return refused.length > 0
}

/** Deletes old rows that are in no day's partition; answers how many. */
async function deleteOthers(rows: Rows, table: DailyTable, call: SweepCall): Promise<number> {
  const name = otherOf(table)
  const free = {
    requests: `(0::int8 <= ? AND ${recordIsFree(name)})`,
    events: eventIsFree(name),
    attempts: '(0::int8 <= ?)',
  }[table]
  return rows.run(
    `DELETE FROM ${name} WHERE ctid = ANY (ARRAY(
       SELECT ctid FROM ${name} WHERE ${dailyTables[table]} < ? AND ${free} LIMIT ?))`,
    [call.before, await passedByAll(rows, call), rowsATurn],
  )
}
