import { once } from 'node:events'
import { type AddressInfo, createServer } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import { startPostgres } from '../../../test/postgres.ts'
import { defaultWorkspaceId } from '../../base/id.ts'
import { silentLog } from '../../base/log.ts'
import { appendRequest } from '../../events/append.ts'
import { beat } from '../../jobs/process.ts'
import { writeMany, writeOne } from '../exercise/commands.ts'
import { beginTransaction, openAgain, openTestPostgres } from '../exercise/open-postgres.ts'
import { openProxy } from '../exercise/proxy.ts'
import { beatOf, makeRequest } from '../exercise/rows.ts'
import type { Storage } from '../stores.ts'
import { openPool, transaction } from './pool.ts'

const page = { after: null, limit: 10 }
const gone = { name: 'StoreUnavailable', message: expect.stringMatching(/^PostgreSQL: /) }
const make = (key: string) => makeRequest({ workspaceId: defaultWorkspaceId, sourceId: 'src_one', keys: [key] })

/** How long something took that had to fail. */
async function failedAfter(work: Promise<unknown>): Promise<number> {
  const startedAt = performance.now()
  await expect(work).rejects.toMatchObject(gone)
  return performance.now() - startedAt
}

describe('a database that goes away', () => {
  const cleanups: (() => Promise<unknown>)[] = []
  afterEach(async () => {
    for (const cleanup of cleanups.splice(0).reverse()) await cleanup()
  })
  async function open() {
    const database = await openTestPostgres()
    cleanups.push(database.cleanup)
    return database
  }
  async function openThrough() {
    const database = await open()
    const proxy = await openProxy(database.url)
    const storage = await openAgain(proxy.url)
    cleanups.push(proxy.close, () => storage.close())
    return { database, proxy, storage }
  }

  it('is noticed and forgotten again when every connection is ended', async () => {
    const { storage, sql } = await open()
    await Promise.all(
      Array.from({ length: 20 }, (_, i) => storage.commit(writeOne, { name: `before ${i}`, value: '' })),
    )
    await storage.reads.sources.list(defaultWorkspaceId, page)
    for (let round = 0; round < 5; round++) {
      await sql(`SELECT pg_terminate_backend(pid) FROM pg_stat_activity
        WHERE datname = current_database() AND application_name = 'trunkline'`)
      await storage.commit(writeOne, { name: `after ${round}`, value: '' })
      expect(await storage.commit(appendRequest, make(`after ${round}`))).toMatchObject({ isRepeat: false })
      expect((await storage.reads.log.listEvents(defaultWorkspaceId, {}, page)).rows).toHaveLength(round + 1)
      expect(await storage.settledUpTo()).toBeGreaterThan(0)
    }
  })

  it('fails a command whose connection is ended in the middle, and no other one', async () => {
    const { storage, sql, url } = await open()
    // Holds the row that the command wants, so that it is sure to be in the middle.
    const other = await beginTransaction(url)
    await other.stores.keyring.keep('wanted', '')
    const inTheMiddle = storage.commit(writeOne, { name: 'wanted', value: '' })
    const failure = expect(inTheMiddle).rejects.toMatchObject(gone)
    const isWaiting = `SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`
    while ((await sql(isWaiting)).length === 0);
    const beside = storage.commit(writeOne, { name: 'another', value: 'kept' })
    expect(await beside).toBe('kept')
    await sql(`SELECT pg_terminate_backend(pid) FROM (${isWaiting}) AS waiting`)
    await failure
    await other.end('ROLLBACK')
    expect(await storage.commit(writeOne, { name: 'wanted', value: 'now' })).toBe('now')
  })

  it('answers in time while nothing answers, and heals', async () => {
    const { database, proxy, storage } = await openThrough()
    await storage.commit(writeOne, { name: 'before', value: '' })
    proxy.silence()
    expect(await failedAfter(storage.commit(beat, beatOf('p')))).toBeLessThan(1500)
    const many = Array.from({ length: 700 }, (_, i) => storage.commit(writeMany, { name: `many ${i}`, value: '' }))
    for (const ms of await Promise.all(many.map(failedAfter))) expect(ms).toBeLessThan(1800)
    expect(await failedAfter(storage.reads.log.listEvents(defaultWorkspaceId, {}, page))).toBeLessThan(3500)
    expect(await database.sql("SELECT name FROM keyring WHERE name LIKE 'many%'")).toEqual([])
    proxy.speak()
    expect(await storage.commit(writeOne, { name: 'after', value: 'kept' })).toBe('kept')
    expect((await storage.reads.log.listEvents(defaultWorkspaceId, {}, page)).rows).toEqual([])
  })

  it('answers in time where nothing can be reached', async () => {
    const { proxy, storage } = await openThrough()
    await storage.commit(writeOne, { name: 'before', value: '' })
    proxy.cut()
    const tries = [
      storage.commit(writeOne, { name: 'x', value: '' }),
      storage.commit(appendRequest, make('x')),
      storage.reads.sources.byKey('x'),
      storage.settledUpTo(),
    ]
    for (const ms of await Promise.all(tries.map(failedAfter))) expect(ms).toBeLessThan(1500)
  })

  it('answers in time where somebody listens and says nothing', async () => {
    const server = createServer(() => {}).listen(0, '127.0.0.1')
    await once(server, 'listening')
    const { port } = server.address() as AddressInfo
    const pool = openPool({
      url: `postgres://u:p@127.0.0.1:${port}/x`,
      name: 'test',
      connections: 2,
      statementMs: 1000,
      journal: silentLog,
    })
    const tries = Array.from({ length: 6 }, () => transaction(pool, async () => {}))
    for (const ms of await Promise.all(tries.map(failedAfter))) expect(ms).toBeLessThan(1500)
    await pool.end()
    server.close()
  })

  it('does not take a slow statement, or a long wait for a lock, for more than it is', async () => {
    const { url, storage } = await open()
    await storage.commit(writeOne, { name: 'row', value: '' })
    const pool = openPool({ url, name: 'test', connections: 1, statementMs: 100, journal: silentLog })
    await expect(transaction(pool, ({ ask }) => ask('SELECT pg_sleep(10)'))).rejects.toMatchObject({
      ...gone,
      message: expect.stringContaining('statement timeout'),
    })
    const other = await beginTransaction(url)
    await other.stores.keyring.keep('held', 'by the other one')
    const waiting = transaction(pool, ({ ask }) => ask("INSERT INTO keyring VALUES ('held', '')"))
    expect(await failedAfter(waiting)).toBeLessThan(1000)
    await other.end('ROLLBACK')
    const { rows } = await transaction(pool, ({ ask }) => ask<{ one: number }>('SELECT 1 AS one'))
    expect(rows).toEqual([{ one: 1 }])
    await pool.end()
  })

  it('loses nothing that it has acknowledged when the server dies under load, and goes on after it is back', async () => {
    const postgres = await startPostgres()
    cleanups.push(() => postgres.remove())
    const { url } = await postgres.createDatabase()
    const storage: Storage = await openAgain(url)
    const acknowledged: string[] = []
    let isOver = false
    const senders = Array.from({ length: 20 }, async (_, sender) => {
      for (let n = 0; !isOver; n++) {
        try {
          const { requestId } = await storage.commit(appendRequest, make(`${sender} ${n}`))
          acknowledged.push(requestId)
        } catch (error) {
          expect(error).toMatchObject(gone)
        }
      }
    })
    const reach = async (count: number) => {
      while (acknowledged.length < count) await new Promise((resolve) => setImmediate(resolve))
    }
    await reach(200)
    await postgres.kill()
    await postgres.restart()
    await reach(acknowledged.length + 200)
    isOver = true
    await Promise.all(senders)
    const { log } = storage.reads
    const found = await Promise.all(acknowledged.map((id) => log.readRequest(defaultWorkspaceId, id)))
    expect(found.filter((request) => request === undefined)).toEqual([])
    await storage.close()
  })
})
