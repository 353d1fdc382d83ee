import { randomBytes } from 'node:crypto'
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { silentLog } from '../src/base/log.ts'
import { migrations } from '../src/storage/migrations/index.ts'
import { coloursEverywhere, migrateNew as migrateNewPostgres } from '../src/storage/postgres/exercise-migration.ts'
import { colours } from '../src/storage/sqlite/exercise-migration.ts'
import { migrateSqlite } from '../src/storage/sqlite/migrate.ts'
import { version } from '../src/version.ts'
import { engines, type Place, postgres } from './engines.ts'
import { eventually } from './eventually.ts'
import { expectNothingLost } from './load.ts'
import { runServer, startServer } from './server-process.ts'
import { startTraffic } from './store-loss.ts'
import { createPlace, startTrunkline } from './trunkline.ts'

/** What a version with one more step does at its start. */
async function migrateNew({ environment, dataFolder }: Place): Promise<void> {
  if (environment.DATABASE_URL) return migrateNewPostgres(environment.DATABASE_URL)
  const upgrade = { now: 0, version: '0.2.0', journal: silentLog, migrations: [...migrations, colours] }
  migrateSqlite(join(dataFolder, 'trunkline.db'), upgrade)
}

it.each(engines)('on $name, after a newer version, this one refuses to start and names the other', async (engine) => {
  const { server, place } = await startTrunkline(engine)
  expect((await server.end('SIGTERM')).code).toBe(0)
  await migrateNew(place)
  const { code, output } = await runServer(place.environment)
  expect(code).toBe(1)
  expect(output.trim()).toBe(
    `The database was brought up to date by Trunkline 0.2.0 (migration "0901-colours"), and this is ${version}. Start 0.2.0 or later.`,
  )
  const copies = readdirSync(place.dataFolder).filter((name) => name.includes('.before-'))
  expect(copies).toEqual(engine.name === 'SQLite' ? ['trunkline.db.before-0901-colours'] : [])
})

it('on PostgreSQL, a running server accepts and delivers while a newer one changes the schema beside it', async () => {
  const trunkline = await startTrunkline(postgres)
  const traffic = await startTraffic(trunkline)
  const { load, receiver, source } = traffic
  const before = load.acknowledged()
  let waits = 0
  await migrateNewPostgres(trunkline.place.environment.DATABASE_URL ?? '', {
    steps: coloursEverywhere,
    journal: { ...silentLog, warn: () => void waits++ },
  })
  const [after, arrived] = [load.acknowledged(), receiver.arrivals.length]
  await eventually('senders that are heard as before', () => load.acknowledged() >= after + 200)
  await eventually('deliveries as before', () => receiver.arrivals.length >= arrived + 200)
  expect(load.refusals).toEqual([])
  expect(load.slowestMs()).toBeLessThan(2000)
  const slowest = Math.round(load.slowestMs())
  console.log(
    `${after - before} events accepted beside ${coloursEverywhere.length} steps, which waited ${waits} times; the slowest answer took ${slowest} ms`,
  )
  const told = await load.finish()
  await expectNothingLost(trunkline, { source, told, receiver, unrecorded: 0 })
  const [row] = await trunkline.place.rows("SELECT count(*) AS n FROM deliveries WHERE colour = 'green'")
  expect(Number(row?.n)).toBe(told.size)
  expect(trunkline.server.output()).not.toMatch(/"level":"error"/)
  expect((await trunkline.server.end('SIGTERM')).code).toBe(0)
})

it('on PostgreSQL, a second server with another secret key refuses to start, and the first goes on', async () => {
  const { server, place, api } = await startTrunkline(postgres)
  const other = await createPlace(postgres)
  const environment = { ...place.environment, TRUNKLINE_DATA: other.dataFolder }
  const before = await place.rows('SELECT name, sealed FROM keyring ORDER BY name')
  const { code, output } = await runServer({
    ...environment,
    TRUNKLINE_SECRET_KEY: randomBytes(32).toString('base64'),
  })
  expect(code).toBe(1)
  expect(output.trim()).toMatch(
    /^TRUNKLINE_SECRET_KEY is not the key that this database was written with\. Every process on a database needs the same one: .* TRUNKLINE_SECRET_KEY_PREVIOUS\.$/,
  )
  expect(await place.rows('SELECT name, sealed FROM keyring ORDER BY name')).toEqual(before)
  expect(await place.rows('SELECT id FROM processes')).toHaveLength(1)
  expect((await api.post('/events', { type: 'still.there', data: 1 })).status).toBe(202)
  const right = await startServer(environment)
  expect((await right.end('SIGTERM')).code).toBe(0)
  expect((await server.end('SIGTERM')).code).toBe(0)
})

it('on PostgreSQL, of two servers with different secret keys that start at once on an empty database one refuses', async () => {
  const [place, other] = [await createPlace(postgres), await createPlace(postgres)]
  const keys = [0, 1].map(() => randomBytes(32).toString('base64'))
  const outcomes = await Promise.allSettled(
    [place, other].map(({ dataFolder }, i) =>
      startServer({ ...place.environment, TRUNKLINE_DATA: dataFolder, TRUNKLINE_SECRET_KEY: keys[i] }),
    ),
  )
  const started = outcomes.flatMap((outcome) => (outcome.status === 'fulfilled' ? [outcome.value] : []))
  const refused = outcomes.flatMap((outcome) => (outcome.status === 'rejected' ? [String(outcome.reason)] : []))
  expect(started).toHaveLength(1)
  expect(refused.join()).toContain('TRUNKLINE_SECRET_KEY is not the key that this database was written with.')
  expect((await started[0]?.end('SIGTERM'))?.code).toBe(0)
})
