import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { drawSeed, randomFrom } from '../chance.ts'
import { type Place, postgres } from '../engines.ts'
import { eventually } from '../eventually.ts'
import { startMember } from '../fleet.ts'
import { pass } from '../pass.ts'
import { keepRecord } from '../record.ts'
import { underLoad } from '../round.ts'
import { createPlace } from '../trunkline.ts'

const starts = 5
const kills = 8

it('two servers that start at once on an empty database make it once', async () => {
  const begin = performance.now()
  const seed = drawSeed('start-at-once')
  const random = randomFrom(seed)
  const schema = await schemaOfOne()
  for (let n = 0; n < starts; n++) {
    const place = await createPlace(postgres)
    const servers = await Promise.all([startMember(place, {}), pass(50 * random()).then(() => startMember(place, {}))])
    expect(await schemaOf(place)).toEqual(schema)
    for (const server of servers) expect((await server.end('SIGTERM')).code).toBe(0)
  }
  keepRecord({
    round: 'start-at-once',
    seed,
    did: `two processes started at once on an empty database, ${starts} times; each time the same schema`,
    seconds: Math.round((performance.now() - begin) / 1000),
  })
}, 300_000)

it('a server that is killed while it makes the database is in nobody’s way', async () => {
  const begin = performance.now()
  const seed = drawSeed('killed-at-start')
  const random = randomFrom(seed)
  const schema = await schemaOfOne()
  const folder = mkdtempSync(join(tmpdir(), 'trunkline-starts-'))
  let unready = 0
  for (let n = 0; n < kills; n++) {
    const place = await createPlace(postgres)
    unready += (await killAtStart(place, join(folder, `pid-${n}`), 300 * random())) ? 0 : 1
    const server = await startMember(place, {})
    expect(await schemaOf(place)).toEqual(schema)
    expect((await server.end('SIGTERM')).code).toBe(0)
  }
  rmSync(folder, { recursive: true, force: true })
  keepRecord({
    round: 'killed-at-start',
    seed,
    did: `two processes started at once on an empty database, ${kills} times, and one of them killed up to 0.3 s after the first had connected, ${unready} times before it was ready; each time the same schema`,
    seconds: Math.round((performance.now() - begin) / 1000),
  })
}, 300_000)

it('servers to which nothing is done send nothing twice', async () => {
  await underLoad({ name: 'undisturbed', engine: postgres, members: [{}, {}], endpoints: 2 }, async ({ load }) => {
    await eventually('five hundred events', () => load.acknowledged() > 500, { withinMs: 60_000 })
    return 'nothing'
  })
}, 300_000)

/** Starts two servers, and kills the first one a while after one of them has connected. Answers whether it was ready by then. */
async function killAtStart(place: Place, pidFile: string, afterMs: number): Promise<boolean> {
  let isReady = false
  const launcher = ['sh', '-c', 'echo $$ > "$0"; exec "$@"', pidFile]
  const first = startMember(place, { launcher }).then(
    () => {
      isReady = true
    },
    () => {}, // killed before it listened
  )
  const second = startMember(place, {})
  await eventually(
    'a connection',
    async () => {
      const sql = `SELECT pid FROM pg_stat_activity
        WHERE datname = current_database() AND application_name = 'trunkline start'`
      return (await place.rows(sql)).length > 0
    },
    { everyMs: 5, withinMs: 60_000 },
  )
  await pass(afterMs)
  const wasReady = isReady
  process.kill(Number(readFileSync(pidFile, 'utf8')), 'SIGKILL')
  expect((await (await second).end('SIGTERM')).code).toBe(0)
  if (!wasReady) await first
  return wasReady
}

async function schemaOfOne(): Promise<unknown> {
  const place = await createPlace(postgres)
  const server = await startMember(place, {})
  const schema = await schemaOf(place)
  await server.end('SIGTERM')
  return schema
}

/** Every column and index, and what has been migrated. */
async function schemaOf({ rows }: Place): Promise<unknown> {
  return [
    await rows(
      `SELECT table_name, column_name, data_type, is_nullable, column_default FROM information_schema.columns
       WHERE table_schema = 'public' ORDER BY table_name, column_name`,
    ),
    await rows(`SELECT indexname, indexdef FROM pg_indexes WHERE schemaname = 'public' ORDER BY indexname`),
    await rows('SELECT name FROM migrations ORDER BY name'),
  ]
}
