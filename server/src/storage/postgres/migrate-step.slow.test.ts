import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import pg from 'pg'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { eventually } from '../../../test/eventually.ts'
import { type Log, silentLog } from '../../base/log.ts'
import { appendRequest } from '../../events/append.ts'
import { type OpenedPostgres, openAgain, openTestPostgres } from '../exercise/open-postgres.ts'
import { makeRequest } from '../exercise/rows.ts'
import { migrations } from '../migrations/index.ts'
import { colours, migrateNew } from './exercise-migration.ts'

const quick = { lockMs: 100, pauseMs: 100, limitMs: 1000 }
const store = ({ storage }: Pick<OpenedPostgres, 'storage'>) =>
  storage.commit(appendRequest, makeRequest({ workspaceId: 'ws_one', sourceId: 'src_one' }))

describe('a later step', () => {
  let database: OpenedPostgres
  let other: pg.Client
  beforeEach(async () => {
    database = await openTestPostgres()
    other = new pg.Client({ connectionString: database.url, application_name: 'a report' })
    other.on('error', () => {}) // dropped with the database
    await other.connect()
  })
  afterEach(async () => {
    await other.end()
    await database.cleanup()
  })

  const hasColours = async () => (await database.sql("SELECT 1 FROM pg_class WHERE relname = 'colours'")).length === 1

  it('is run once by processes that start at once, and says which version did it', async () => {
    const migrated: string[] = []
    const journal = { ...silentLog, info: (event: string) => void migrated.push(event) }
    await Promise.all([1, 2, 3].map(() => migrateNew(database.url, { journal })))
    expect(migrated).toEqual(['postgres.migrated'])
    expect(await database.sql('SELECT name, version FROM migrations ORDER BY name')).toEqual([
      ...migrations.map(({ name }) => ({ name, version: '0.1.0' })),
      { name: '0901-colours', version: '0.2.0' },
    ])
    expect(await database.sql('SELECT id FROM colours')).toEqual([{ id: 'green' }])
  })

  it('does not disturb a running process of the version before, which may not start again', async () => {
    await store(database)
    await migrateNew(database.url)
    await store(database)
    expect(await database.sql('SELECT colour FROM events')).toEqual([{ colour: 'green' }, { colour: 'green' }])
    await expect(openAgain(database.url)).rejects.toThrow(
      'The database was brought up to date by Trunkline 0.2.0 (migration "0901-colours"), and this is 0.1.0. Start 0.2.0 or later.',
    )
  })

  it('leaves nothing when its process is killed in the middle, and another process goes on', async () => {
    const boot = fileURLToPath(new URL('../../boot.mjs', import.meta.url))
    const script = fileURLToPath(new URL('./exercise-migration.ts', import.meta.url))
    const child = spawn(process.execPath, [boot, script, database.url, '--endless'], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    const middle = "SELECT pid FROM pg_stat_activity WHERE query = 'SELECT pg_sleep(3600)' AND state = 'active'"
    await eventually('the middle of the step', async () => (await other.query(middle)).rows.length === 1)
    const waiting = migrateNew(database.url)
    const queued = "SELECT pid FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"
    await eventually('the other process to wait', async () => (await other.query(queued)).rows.length === 1)
    child.kill('SIGKILL')
    await once(child, 'exit')
    await waiting
    expect(await database.sql('SELECT id FROM colours')).toEqual([{ id: 'green' }])
    await store(database)
  })

  it('keeps nothing when a statement fails, and names it', async () => {
    const step = { ...colours, postgres: [...colours.postgres, 'INSERT INTO nowhere VALUES (1)'] }
    await expect(migrateNew(database.url, { steps: [step] })).rejects.toThrow(
      /^PostgreSQL: the migration "0901-colours" failed, and nothing of it was kept: relation "nowhere" does not exist/,
    )
    expect(await hasColours()).toBe(false)
    await migrateNew(database.url)
    expect(await hasColours()).toBe(true)
  })

  it('gives way while a table is in use, lets the others go on, and is refused in the end with who it was', async () => {
    await other.query('BEGIN')
    await other.query('SELECT count(*) FROM events')
    const warned: string[] = []
    const journal: Log = { ...silentLog, warn: (_, facts) => void warned.push(String(facts?.holders)) }
    const refused = migrateNew(database.url, { journal, patience: quick }).then(
      () => 'it went through',
      (error: Error) => error.message,
    )
    let stored = 0
    for (let isOver = false; !isOver; stored++) {
      isOver = await Promise.race([refused.then(() => true), store(database).then(() => false)])
    }
    const holder = /process \d+ \("a report" of user "postgres", idle in transaction, its transaction is \d+ s old\)/
    expect(await refused).toMatch(
      /^PostgreSQL: the migration "0901-colours" failed, and nothing of it was kept: for 1 s the tables were in use by process/,
    )
    expect(await refused).toMatch(holder)
    expect(await refused).toMatch(/pg_terminate_backend\(…\)\) and start again\.$/)
    expect(warned.length).toBeGreaterThan(1)
    for (const each of warned) expect(each).toMatch(holder)
    expect(stored).toBeGreaterThan(warned.length)
    expect(await hasColours()).toBe(false)
  })

  it('goes through as soon as the table is free', async () => {
    await other.query('BEGIN')
    await other.query('SELECT count(*) FROM events')
    let waits = 0
    const journal = { ...silentLog, warn: () => void waits++ }
    const done = migrateNew(database.url, { journal, patience: { ...quick, limitMs: 20_000 } })
    await eventually('a try in vain', () => waits > 0)
    await other.query('COMMIT')
    await done
    expect(await hasColours()).toBe(true)
  })
})
