import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { eventually } from './eventually.ts'
import { startPostgres, type TestPostgres } from './postgres.ts'
import { sharedPostgres } from './shared-postgres.ts'

/** What a statement answers, over a connection of its own. */
async function rows(url: string, sql: string): Promise<unknown[]> {
  const client = new pg.Client({ connectionString: url })
  client.on('error', () => {})
  await client.connect()
  try {
    return (await client.query(sql)).rows
  } finally {
    await client.end()
  }
}

describe('startPostgres', () => {
  let postgres: TestPostgres
  beforeAll(async () => {
    postgres = await startPostgres()
  })
  afterAll(() => postgres.remove())

  it('keeps what was committed through an immediate stop, a kill and a restart', async () => {
    const { url, drop } = await postgres.createDatabase()
    await rows(url, 'CREATE TABLE kept (n int)')
    await rows(url, 'INSERT INTO kept VALUES (1)')
    await postgres.restart({ mode: 'immediate' })
    await rows(url, 'INSERT INTO kept VALUES (2)')
    await postgres.kill()
    await expect(rows(url, 'SELECT 1')).rejects.toThrow()
    await postgres.restart()
    expect(await rows(url, 'SELECT n FROM kept ORDER BY n')).toEqual([{ n: 1 }, { n: 2 }])
    await drop()
    await expect(rows(url, 'SELECT 1')).rejects.toThrow('does not exist')
  })

  it('commits to the disk, and takes a hundred connections', async () => {
    const settings = ['fsync', 'synchronous_commit', 'max_connections', 'full_page_writes']
    const values = await Promise.all(settings.map((name) => rows(postgres.url, `SHOW ${name}`)))
    expect(values.flat()).toEqual([
      { fsync: 'on' },
      { synchronous_commit: 'on' },
      { max_connections: '100' },
      { full_page_writes: 'on' },
    ])
  })

  it('listens on a Unix socket too, with the same password', async () => {
    const { port, password } = new URL(postgres.url)
    const query = new URLSearchParams({ host: postgres.socketFolder, port })
    const found = await rows(`postgres://postgres:${password}@/postgres?${query}`, 'SELECT 1 AS one')
    expect(found).toEqual([{ one: 1 }])
  })
})

it('leaves nothing behind when its test process is killed', async () => {
  const script = `import { startPostgres } from ${JSON.stringify(new URL('./postgres.ts', import.meta.url).href)}
    const { url, socketFolder } = await startPostgres()
    console.log(JSON.stringify({ url, socketFolder }))
    setInterval(() => {}, 1000)`
  const root = fileURLToPath(new URL('../..', import.meta.url))
  const child = spawn(process.execPath, ['--import', 'tsx', '--input-type=module', '-e', script], {
    cwd: root,
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  let text = ''
  for await (const chunk of child.stdout.setEncoding('utf8')) {
    text += chunk
    if (text.includes('\n')) break
  }
  const { url, socketFolder } = JSON.parse(text) as { url: string; socketFolder: string }
  expect(await rows(url, 'SELECT 1 AS one')).toEqual([{ one: 1 }])
  child.kill('SIGKILL')
  await eventually('the folder to be removed', () => (existsSync(socketFolder) ? undefined : true))
  await expect(rows(url, 'SELECT 1')).rejects.toThrow('ECONNREFUSED')
})

describe('sharedPostgres', () => {
  it('is one server with a database for each who asks', async () => {
    const [one, two] = await Promise.all([sharedPostgres(), sharedPostgres()])
    expect(one.url).toBe(two.url)
    const [a, b] = await Promise.all([one.createDatabase(), two.createDatabase()])
    expect(a.url).not.toBe(b.url)
    await rows(a.url, 'CREATE TABLE mine (n int)')
    await expect(rows(b.url, 'SELECT * FROM mine')).rejects.toThrow('does not exist')
    await Promise.all([a.drop(), b.drop()])
  })
})
