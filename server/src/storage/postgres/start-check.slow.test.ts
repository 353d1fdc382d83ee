import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startPostgres } from '../../../test/postgres.ts'
import { binaryFolder, user } from '../../../test/postgres-binaries.ts'
import { sharedPostgres } from '../../../test/shared-postgres.ts'
import { type OpenedPostgres, openAgain, openTestPostgres } from '../exercise/open-postgres.ts'
import { openPoolingProxy } from '../exercise/pooling-proxy.ts'

/** What the start says when it is refused; undefined when it is not. */
async function refusal(url: string): Promise<string | undefined> {
  try {
    await (await openAgain(url)).close()
    return undefined
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
}

describe('a start on PostgreSQL', () => {
  let database: OpenedPostgres
  let name = ''
  beforeAll(async () => {
    database = await openTestPostgres()
    name = new URL(database.url).pathname.slice(1)
  })
  afterAll(() => database.cleanup())

  it('is refused while commits are answered before they are on the disk', async () => {
    await database.sql(`ALTER DATABASE ${name} SET synchronous_commit = off`)
    expect(await refusal(database.url)).toMatch(
      /^PostgreSQL at 127\.0\.0\.1:\d+, database "trunkline_test_\w+", runs with synchronous_commit = off: .* Set it to on/,
    )
    for (const level of ['local', 'remote_write', 'on']) {
      await database.sql(`ALTER DATABASE ${name} SET synchronous_commit = ${level}`)
      expect(await refusal(database.url)).toBeUndefined()
    }
    await database.sql(`ALTER DATABASE ${name} RESET synchronous_commit`)
    const asked = new URL(database.url)
    asked.searchParams.set('options', '-c synchronous_commit=off')
    expect(await refusal(asked.href)).toContain('synchronous_commit = off')
  })

  it('is refused on a database that takes no writes', async () => {
    await database.sql(`ALTER DATABASE ${name} SET default_transaction_read_only = on`)
    expect(await refusal(database.url)).toMatch(/is read-only: default_transaction_read_only = on\. Set it to off/)
    const writable = new URL(database.url)
    writable.searchParams.set('options', '-c default_transaction_read_only=off')
    const client = new pg.Client({ connectionString: writable.href })
    await client.connect()
    await client.query(`ALTER DATABASE ${name} RESET default_transaction_read_only`)
    await client.end()
    expect(await refusal(database.url)).toBeUndefined()
  })

  it('is refused on a database that cannot hold every text', async () => {
    const { url } = await sharedPostgres()
    await database.sql(`CREATE DATABASE ${name}_ascii TEMPLATE template0 ENCODING 'SQL_ASCII' LOCALE 'C'`)
    const ascii = new URL(url)
    ascii.pathname = `/${name}_ascii`
    expect(await refusal(ascii.href)).toMatch(/has the encoding SQL_ASCII, .* ENCODING 'UTF8'/)
    await database.sql(`DROP DATABASE ${name}_ascii`)
  })

  it('is refused on a database that a newer version has written', async () => {
    await database.sql("INSERT INTO migrations (name, at, version) VALUES ('9999-to-come', 0, '0.2.0')")
    expect(await refusal(database.url)).toBe(
      'The database was brought up to date by Trunkline 0.2.0 (migration "9999-to-come"), and this is 0.1.0. Start 0.2.0 or later.',
    )
    await database.sql("DELETE FROM migrations WHERE name = '9999-to-come'")
    expect(await refusal(database.url)).toBeUndefined()
  })

  for (const order of ['latest first', 'in turn'] as const) {
    it(`is refused behind a proxy that hands connections around, ${order}`, async () => {
      const proxy = await openPoolingProxy(database.url, order)
      expect(await refusal(proxy.url)).toMatch(/is behind a proxy in transaction pooling mode .*pool_mode = session\.$/)
      await proxy.close()
    })
  }

  it('is refused where nothing listens, without telling the password', async () => {
    const url = 'postgres://user:hidden-word@127.0.0.1:1/database'
    const error = await openAgain(url).catch((reason: unknown) => reason)
    expect(String(error)).toMatch(
      /^Error: PostgreSQL at 127\.0\.0\.1:1, database "database", cannot be reached \(.*ECONNREFUSED/,
    )
    expect(inFull(error)).not.toContain('hidden-word')
  })

  it('is refused with a wrong password or URL, without telling either', async () => {
    const wrong = new URL(database.url)
    wrong.password = 'hidden-word'
    for (const url of [wrong.href, 'postgres://user:hidden-word@host:port/x', 'postgres://u:hidden-word@[bad/x']) {
      const error = await openAgain(url).catch((reason: unknown) => reason)
      expect(error).toBeInstanceOf(Error)
      expect(inFull(error)).not.toContain('hidden-word')
    }
    expect(await refusal('postgres://user:hidden-word@[bad/x')).toMatch(/^DATABASE_URL is not the URL of a PostgreSQL/)
  })
})

it('is refused with fsync = off', async () => {
  const postgres = await startPostgres()
  await postgres.stop()
  const { port } = new URL(postgres.url)
  const args = ['-D', join(postgres.socketFolder, 'data'), '-p', port, '-k', postgres.socketFolder]
  const settings = ['-c', 'fsync=off', '-c', 'listen_addresses=127.0.0.1']
  const server = spawn(join(binaryFolder(postgres.socketFolder), 'postgres'), [...args, ...settings], {
    stdio: 'ignore',
    ...user,
  })
  try {
    let said = await refusal(postgres.url)
    while (said?.includes('ECONNREFUSED') || said?.includes('starting up')) said = await refusal(postgres.url)
    expect(said).toMatch(/runs with fsync = off: a power cut would lose events .* Set fsync = on in postgresql\.conf/)
  } finally {
    server.kill('SIGQUIT')
    await once(server, 'exit')
    await postgres.remove()
  }
})

/** An error with everything that an uncaught one would print: its causes, stacks and properties. */
function inFull(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  const properties = Object.getOwnPropertyNames(error).map((name) => String(error[name as keyof Error]))
  return [...properties, JSON.stringify(error), inFull(error.cause ?? '')].join('\n')
}
