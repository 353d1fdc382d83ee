import type { Kysely } from 'kysely'
import { lowestId } from '../base/id.ts'
import type { LogTimes } from './event-list.ts'
import type { Tables } from './tables.ts'

/** An id is made a moment before or after the time that its row carries. */
const asideMs = 60 * 60 * 1000
/** Ids that one statement looks at: the reader has two seconds. */
const windowRows = 200_000
/** Entries of the index of ids that one statement of a list looks through. */
const lookedRows = 300_000

/** The place before the events since then, on PostgreSQL: it opens the partitions of those days alone, in the order of places. */
export async function placeByTime(db: Kysely<Tables>, ms: number): Promise<number> {
  const { seq } = await db
    .selectFrom('events')
    .select((eb) => eb.fn.min('seq').as('seq'))
    .where('received_at', '>=', ms - asideMs)
    .executeTakeFirstOrThrow()
  return seq === null ? lastPlace(db) : Number(seq) - 1
}

/** The same on SQLite, where the index of ids holds the places too. */
export async function placeById(db: Kysely<Tables>, ms: number): Promise<number> {
  let from = lowestId('event', ms)
  let lowest: number | undefined
  for (;;) {
    const some = db.selectFrom('events').select(['seq', 'id']).where('id', '>=', from).orderBy('id').limit(windowRows)
    const { seq, last, count } = await db
      .selectFrom(some.as('some'))
      .select((eb) => [eb.fn.min('seq').as('seq'), eb.fn.max('id').as('last'), eb.fn.countAll<number>().as('count')])
      .executeTakeFirstOrThrow()
    if (seq !== null) lowest = Math.min(lowest ?? seq, seq)
    if (count < windowRows) return lowest === undefined ? lastPlace(db) : lowest - 1
    from = `${last}!`
  }
}

/** What of that SQLite can tell soon: as long as there are no more events before or since then than it looks through. */
export const timesById = (db: Kysely<Tables>): LogTimes => ({
  hasDays: false,
  async endOf(ms) {
    const before = db.selectFrom('events').select('seq').where('id', '<', lowestId('event', ms))
    const { seq, count } = await db
      .selectFrom(before.orderBy('id', 'desc').limit(lookedRows).as('before'))
      .select((eb) => [eb.fn.max('seq').as('seq'), eb.fn.countAll<number>().as('count')])
      .executeTakeFirstOrThrow()
    return count === lookedRows ? undefined : Number(seq ?? 0)
  },
  async isBehind(ms, seq) {
    const since = db.selectFrom('events').select('seq').where('id', '>=', lowestId('event', ms)).orderBy('id')
    if (await since.offset(lookedRows).limit(1).executeTakeFirst()) return false
    return (await since.where('seq', '<', seq).limit(1).executeTakeFirst()) === undefined
  },
})

async function lastPlace(db: Kysely<Tables>): Promise<number> {
  const row = await db.selectFrom('events').select('seq').orderBy('seq', 'desc').limit(1).executeTakeFirst()
  return row?.seq ?? 0
}
