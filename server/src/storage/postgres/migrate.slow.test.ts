import pg from 'pg'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { sharedPostgres } from '../../../test/shared-postgres.ts'
import { fakeClock } from '../../base/clock.ts'
import { type Log, silentLog } from '../../base/log.ts'
import { appendRequest } from '../../events/append.ts'
import { beginTransaction, openAgain, openTestPostgres } from '../exercise/open-postgres.ts'
import { dayMs, makeRequest, t0 } from '../exercise/rows.ts'
import { ensurePartitions, keepPartitions } from './partitions.ts'

/** The days, counted from that of `t0`, for which a table has a partition; `other` for all the rest. */
async function daysOf(sql: (text: string) => Promise<Record<string, unknown>[]>, table: string) {
  const rows = await sql(
    `SELECT relname FROM pg_inherits JOIN pg_class ON oid = inhrelid WHERE inhparent = '${table}'::regclass ORDER BY 1`,
  )
  return rows.map(({ relname }) => {
    const [, date] = /_(\d{8})$/.exec(String(relname)) ?? []
    if (date === undefined) return 'other'
    const day = Date.parse(`${date.slice(0, 4)}-${date.slice(4, 6)}-${date.slice(6)}T00:00:00Z`)
    return Math.round((day - t0) / dayMs + 1 / 3)
  })
}
const aWeek = [-1, 0, 1, 2, 3, 4, 5, 6, 7]

describe('a database', () => {
  const cleanups: (() => Promise<unknown>)[] = []
  afterEach(async () => {
    vi.useRealTimers()
    for (const cleanup of cleanups.splice(0).reverse()) await cleanup()
  })
  async function open() {
    const database = await openTestPostgres()
    cleanups.push(database.cleanup)
    const client = new pg.Client({ connectionString: database.url })
    await client.connect()
    cleanups.push(() => client.end())
    return { ...database, client }
  }
  function notes(): { journal: Log; warned: string[] } {
    const warned: string[] = []
    return { warned, journal: { ...silentLog, warn: (_, facts) => warned.push(String(facts?.partition)) } }
  }

  it('is brought to the schema once when several processes start on it at once', async () => {
    const { createDatabase } = await sharedPostgres()
    const { url, drop } = await createDatabase()
    const storages = await Promise.all([1, 2, 3].map(() => openAgain(url)))
    for (const [i, storage] of storages.entries()) {
      const where = { workspaceId: 'ws_one', sourceId: 'src_one' }
      expect(await storage.commit(appendRequest, makeRequest({ ...where, keys: ['one'] }))).toMatchObject({
        isRepeat: i > 0,
      })
    }
    await Promise.all(storages.map((storage) => storage.close()))
    await drop()
  })

  it('has a partition for each day from yesterday to a week ahead', async () => {
    const { sql, storage } = await open()
    for (const table of ['requests', 'events', 'attempts']) {
      expect(await daysOf(sql, table)).toEqual([...aWeek, 'other'])
    }
    const where = { workspaceId: 'ws_one', sourceId: 'src_one' }
    for (const at of [t0, t0 + 7 * dayMs, t0 + 8 * dayMs, t0 - 9 * dayMs])
      await storage.commit(appendRequest, makeRequest({ ...where, at }))
    const rows = await sql('SELECT tableoid::regclass::text AS partition FROM events ORDER BY seq')
    expect(rows.map(({ partition }) => partition)).toEqual([
      'events_20270115',
      'events_20270122',
      'events_other',
      'events_other',
    ])
    // Wherever they lie, they are found by their ids.
    const [event] = (await storage.reads.log.listEvents('ws_one', {}, { after: null, limit: 1 })).rows
    expect(await storage.reads.log.readEvent('ws_one', event?.id ?? '')).toMatchObject({ receivedAt: t0 - 9 * dayMs })
  })

  it('gets the next days’ partitions from two processes at once', async () => {
    const { sql, client, url } = await open()
    const other = new pg.Client({ connectionString: url })
    await other.connect()
    const { journal, warned } = notes()
    await Promise.all([client, other].map((each) => ensurePartitions(each, t0 + 3 * dayMs, journal)))
    expect(await daysOf(sql, 'events')).toEqual([...aWeek, 8, 9, 10, 'other'])
    expect(warned).toEqual([])
    await other.end()
  })

  it('goes on without a partition whose rows lie elsewhere already, and makes the others', async () => {
    const { sql, client, storage } = await open()
    await storage.commit(appendRequest, makeRequest({ workspaceId: 'ws_one', sourceId: 'src_one', at: t0 + 9 * dayMs }))
    const { journal, warned } = notes()
    await ensurePartitions(client, t0 + 3 * dayMs, journal)
    expect(warned).toEqual(['requests_20270124', 'events_20270124'])
    expect(await daysOf(sql, 'events')).toEqual([...aWeek, 8, 10, 'other'])
    expect(await daysOf(sql, 'attempts')).toEqual([...aWeek, 8, 9, 10, 'other'])
  })

  it('does not hold up those who use a table for the sake of a partition', async () => {
    const { sql, client, url } = await open()
    const user = await beginTransaction(url)
    await user.stores.log.eventsAfter(0, 10, 1, true)
    const { journal, warned } = notes()
    await ensurePartitions(client, t0 + dayMs, journal)
    expect(warned).toEqual(['events_20270123'])
    await user.end('COMMIT')
    await ensurePartitions(client, t0 + dayMs, journal)
    expect(await daysOf(sql, 'events')).toEqual([...aWeek, 8, 'other'])
  })

  it('is given new partitions every hour, also after an hour in which it was gone', async () => {
    const { sql, url } = await open()
    const pool = new pg.Pool({ connectionString: url })
    cleanups.push(() => pool.end())
    const clock = fakeClock(t0)
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] })
    const warned: string[] = []
    const journal = { ...silentLog, warn: (event: string) => void warned.push(event) }
    const partitions = keepPartitions(pool, clock, journal)
    const connect = vi.spyOn(pool, 'connect').mockRejectedValueOnce(new Error('gone'))
    clock.advance(dayMs)
    vi.advanceTimersByTime(60 * 60 * 1000)
    vi.advanceTimersByTime(60 * 60 * 1000)
    await partitions.stop()
    expect(connect).toHaveBeenCalledTimes(2)
    expect(warned).toEqual(['postgres.partitions_not_looked_at'])
    expect(await daysOf(sql, 'events')).toEqual([...aWeek, 8, 'other'])
  })
})
