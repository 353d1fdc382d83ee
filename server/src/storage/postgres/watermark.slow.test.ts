import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { defaultWorkspaceId } from '../../base/id.ts'
import { publishEvent } from '../../events/append.ts'
import { beginTransaction, type OpenedPostgres, openAgain, openTestPostgres } from '../exercise/open-postgres.ts'
import { insideOf } from '../exercise/opened.ts'
import { makeEvent } from '../exercise/rows.ts'
import { sessionOn, types } from './session.ts'
import { storesOn } from './stores.ts'

const make = () => makeEvent({ workspaceId: defaultWorkspaceId })

describe('the place up to which the log is settled', () => {
  let database: OpenedPostgres
  beforeAll(async () => {
    database = await openTestPostgres()
  })
  afterAll(() => database.cleanup())
  const settledUpTo = () => database.storage.settledUpTo()
  const publish = () => database.storage.commit(publishEvent, make())

  it('is the beginning while nothing was ever appended', async () => {
    expect(await settledUpTo()).toBe(0)
    const { seq } = await publish()
    expect([seq, await settledUpTo()]).toEqual([1, 1])
  })

  it('does not pass a number that is not committed yet, whatever was committed after it', async () => {
    const slow = await beginTransaction(database.url)
    const [early] = await slow.stores.log.appendEvents([make()])
    const { seq: late } = await publish()
    expect(late).toBe((early ?? 0) + 1)
    const asked = settledUpTo()
    expect(await Promise.race([asked, sleep(50, 'still waiting')])).toBe('still waiting')
    await slow.end('COMMIT')
    expect(await asked).toBe(late)
  })

  it('passes a number that was rolled back', async () => {
    const slow = await beginTransaction(database.url)
    await slow.stores.log.appendEvents([make()])
    const { seq } = await publish()
    const asked = settledUpTo()
    await slow.end('ROLLBACK')
    expect(await asked).toBe(seq)
  })

  it('does not wait for one who began to append after the question, however many follow', async () => {
    const first = await beginTransaction(database.url)
    const [seq] = await first.stores.log.appendEvents([make()])
    const asked = settledUpTo()
    await sleep(5)
    const second = await beginTransaction(database.url)
    await second.stores.log.appendEvents([make()])
    await first.end('COMMIT')
    expect(await asked).toBe(seq)
    await second.end('COMMIT')
  })

  it('stays where it was when somebody hangs in the middle of appending', async () => {
    const before = await settledUpTo()
    const hanging = await beginTransaction(database.url)
    await hanging.stores.log.appendEvents([make()])
    await publish()
    expect(await settledUpTo()).toBe(before)
    await database.sql(`SELECT pg_terminate_backend(${hanging.pid})`)
    expect(await settledUpTo()).toBeGreaterThan(before)
  })
})

it('lets a reader miss nothing and read nothing twice, while others append, fail and die', async () => {
  const database = await openTestPostgres()
  const storage = await openAgain(database.url)
  const { log } = insideOf(storage)
  const wanted = 5000
  let isOver = false
  const writers = [11, 22, 33, 44].map((seed) => appendAtRandom(database.url, seed, wanted / 4, database.sql))
  const writing = Promise.all(writers).then(() => {
    isOver = true
  })
  const read: string[] = []
  const places: number[] = []
  for (let isLast = false; ; ) {
    const upTo = await storage.settledUpTo()
    const events = await log.eventsAfter(places.at(-1) ?? 0, upTo, 500, false)
    for (const { id, seq } of events) {
      read.push(id)
      places.push(seq)
    }
    if (isLast && events.length === 0) break
    isLast = isOver
  }
  await writing
  const rows = await database.sql('SELECT id FROM events ORDER BY seq')
  expect(rows.length).toBeGreaterThan(wanted * 0.7)
  expect(read).toEqual(rows.map(({ id }) => id))
  expect(places).toEqual([...new Set(places)].sort((a, b) => a - b))
  await storage.close()
  await database.cleanup()
})

/** Appends events in small transactions that take their time, and of which some are rolled back or killed. */
async function appendAtRandom(url: string, seed: number, wanted: number, sql: (text: string) => Promise<unknown>) {
  let state = seed
  const random = (below: number) => {
    state = (state * 1_103_515_245 + 12_345) % 2 ** 31
    return Math.floor((state / 2 ** 31) * below)
  }
  const connect = async () => {
    const client = new pg.Client({ connectionString: url, types, pipeline: true })
    client.on('error', () => {})
    await client.connect()
    const { rows } = await client.query<{ pid: number }>('SELECT pg_backend_pid() AS pid')
    return { session: sessionOn(client), client, pid: rows[0]?.pid ?? 0 }
  }
  let { session, client, pid } = await connect()
  for (let n = 0; n < wanted; ) {
    const events = Array.from({ length: 1 + random(9) }, make)
    n += events.length
    try {
      await session.begin(1000)
      await storesOn(session).log.appendEvents(events)
      if (random(3) > 0) await sleep(random(4))
      if (random(40) === 0) await sql(`SELECT pg_terminate_backend(${pid})`)
      await session.ask(random(8) === 0 ? 'ROLLBACK' : 'COMMIT')
    } catch {
      await client.end().catch(() => {})
      ;({ session, client, pid } = await connect())
    }
  }
  await client.end()
}
