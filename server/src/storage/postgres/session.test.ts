import pg from 'pg'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { TestDatabase } from '../../../test/postgres.ts'
import { sharedPostgres } from '../../../test/shared-postgres.ts'
import { type OwnSession, type Statement, sessionOn } from './session.ts'

const read: Statement = { name: 'read', text: 'SELECT count(*)::int AS count FROM words', onlyReads: true }
const write: Statement = { name: 'write', text: 'INSERT INTO words VALUES ($1)' }

let database: TestDatabase
beforeAll(async () => {
  database = await (await sharedPostgres()).createDatabase()
  await onceOn('CREATE TABLE words (word text PRIMARY KEY)')
})
afterAll(() => database.drop())

async function onceOn(text: string): Promise<Record<string, unknown>[]> {
  const client = new pg.Client({ connectionString: database.url })
  await client.connect()
  const { rows } = await client.query(text)
  await client.end()
  return rows
}

let client: pg.Client
let session: OwnSession
/** What has been sent, in this order. */
let sent: string[]
beforeEach(async () => {
  await onceOn('DELETE FROM words')
  client = new pg.Client({ connectionString: database.url, pipeline: true })
  await client.connect()
  sent = []
  listenTo(client)
  session = sessionOn(client)
})
afterEach(() => client.end())

function listenTo(client: pg.Client): void {
  const query = client.query.bind(client) as (config: pg.QueryConfig) => Promise<pg.QueryResult>
  client.query = ((config: pg.QueryConfig) => {
    sent.push(config.name ?? config.text)
    return query(config)
  }) as typeof client.query
}

const words = async () => (await onceOn('SELECT word FROM words ORDER BY word')).map(({ word }) => word)

describe('a transaction', () => {
  it('is asked what only reads before it is known to have begun, and nothing else', async () => {
    const begun = session.begin(1000)
    const asked = [session.ask(read), session.ask(read)]
    session.tell(write, ['a'])
    expect(sent).toEqual(['BEGIN', 'read', 'read'])
    await begun
    await Promise.all(asked)
    await session.commit()
    expect(sent).toEqual(['BEGIN', 'read', 'read', 'write', 'COMMIT'])
    expect(await words()).toEqual(['a'])
  })

  it('is asked in the order in which it was called, whatever had to wait', async () => {
    const begun = session.begin(1000)
    session.tell(write, ['a'])
    const counted = session.ask<{ count: number }>(read)
    expect(sent).toEqual(['BEGIN'])
    await begun
    expect((await counted).rows).toEqual([{ count: 1 }])
    await session.commit()
  })

  it('that could not be begun keeps nothing', async () => {
    // BEGIN fails in a transaction that has failed.
    await client.query({ text: 'BEGIN' })
    await client.query({ text: 'SELECT 1 / 0' }).catch(() => {})
    sent.length = 0
    const begun = session.begin(1000)
    const asked = session.ask(write, ['a'])
    session.tell(write, ['b'])
    await expect(begun).rejects.toThrow('current transaction is aborted')
    await expect(asked).rejects.toThrow('current transaction is aborted')
    await expect(session.ask(write, ['c'])).rejects.toThrow('current transaction is aborted')
    expect(sent).toEqual(['BEGIN'])
    await client.query({ text: 'ROLLBACK' })
    expect(await words()).toEqual([])
  })
})

describe('what was told', () => {
  it('fails the transaction with its own error, not with that of what came after', async () => {
    await session.begin(1000)
    session.tell(write, ['a'])
    session.tell(write, ['a'])
    const after = await session.ask(read).catch((error: Error) => error)
    expect(await session.causeOf(after)).toMatchObject({ code: '23505' })
    await expect(session.commit()).rejects.toMatchObject({ code: '23505' })
    expect(await words()).toEqual([])
  })

  it('is undone with its savepoint alone', async () => {
    await session.begin(1000)
    session.tell(write, ['a'])
    const undone = session.savepoint(async () => session.tell(write, ['a']))
    await expect(undone).rejects.toMatchObject({ code: '23505' })
    session.tell(write, ['b'])
    await session.commit()
    expect(await words()).toEqual(['a', 'b'])
  })

  it('of one transaction is not the next one’s', async () => {
    await session.begin(1000)
    session.tell(write, ['a'])
    session.tell(write, ['a'])
    await expect(session.commit()).rejects.toMatchObject({ code: '23505' })
    await session.begin(1000)
    session.tell(write, ['b'])
    await session.commit()
    expect(await words()).toEqual(['b'])
  })
})
