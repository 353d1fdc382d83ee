import pg from 'pg'
import { expect, it } from 'vitest'
import { defaultWorkspaceId } from '../../src/base/id.ts'
import { openAgain, openTestPostgres } from '../../src/storage/exercise/open-postgres.ts'
import { makeEvent } from '../../src/storage/exercise/rows.ts'
import { type Session, sessionOn, types } from '../../src/storage/postgres/session.ts'
import { storesOn } from '../../src/storage/postgres/stores.ts'
import { drawSeed, randomFrom } from '../chance.ts'
import { pass } from '../pass.ts'
import { keepRecord } from '../record.ts'
import { openWire } from '../wire.ts'

const diskMs = 5
const connections = 16
const turns = 3
const turnMs = 4_000
const mostTimes = 2

/**
 * The disk is slow because each COMMIT reaches PostgreSQL 5 ms late, its locks held meanwhile, as they are while a disk
 * writes. The two kinds take turns, so that whatever else the machine does falls on both.
 */
it('with a disk that takes 5 ms, an append in an order that can be followed takes at most twice as long as one in none', async () => {
  const begin = performance.now()
  const seed = drawSeed('slow-disk')
  const random = randomFrom(seed)
  const database = await openTestPostgres()
  const wire = await openWire(database.url, { commitDelayMs: diskMs })
  const clients = await Promise.all(Array.from({ length: connections }, () => connect(wire.url)))
  const times = { ordered: [] as number[], unordered: [] as number[] }
  await appendFor(1_000, clients, (client) => sessionOn(client), random)
  for (let turn = 0; turn < turns; turn++) {
    const stopFollowing = await follow(database.url)
    times.ordered.push(...(await appendFor(turnMs, clients, (client) => sessionOn(client), random)))
    await stopFollowing()
    times.unordered.push(...(await appendFor(turnMs, clients, (client) => withoutOrder(sessionOn(client)), random)))
  }
  await Promise.all(clients.map((client) => client.end()))
  await wire.close()
  await database.cleanup()

  const [ordered, unordered] = [figures(times.ordered), figures(times.unordered)]
  expect(unordered.p50, 'the disk is slow').toBeGreaterThan(diskMs)
  keepRecord({
    round: 'slow-disk',
    seed,
    did: `${connections} connections appending, a follower reading; each COMMIT ${diskMs} ms late. In order p50 ${ordered.p50} ms, p99 ${ordered.p99} ms; in no order p50 ${unordered.p50} ms, p99 ${unordered.p99} ms`,
    events: times.ordered.length + times.unordered.length,
    seconds: Math.round((performance.now() - begin) / 1000),
  })
  expect(ordered.p50 / unordered.p50, 'half of the appends').toBeLessThanOrEqual(mostTimes)
  expect(ordered.p99 / unordered.p99, 'the slowest hundredth').toBeLessThanOrEqual(mostTimes)
}, 120_000)

async function connect(url: string): Promise<pg.Client> {
  const client = new pg.Client({ connectionString: url, types, pipeline: true })
  client.on('error', () => {})
  await client.connect()
  return client
}

/** Appends without saying so, as if nobody had to follow. */
function withoutOrder(session: Session): Session {
  const ask: Session['ask'] = (statement, values) =>
    typeof statement !== 'string' && statement.name === 'begin-appending'
      ? Promise.resolve({ rows: [], count: 0, command: 'SELECT' })
      : session.ask(statement, values)
  return { ...session, ask }
}

/** Appends on every connection for a while. Answers how long each append took, from BEGIN to the answer of COMMIT. */
async function appendFor(
  ms: number,
  clients: readonly pg.Client[],
  open: (client: pg.Client) => Session,
  random: () => number,
): Promise<number[]> {
  const end = performance.now() + ms
  const times: number[] = []
  const append = async (client: pg.Client) => {
    const session = open(client)
    while (performance.now() < end) {
      const since = performance.now()
      await session.ask('BEGIN')
      await storesOn(session).log.appendEvents([makeEvent({ workspaceId: defaultWorkspaceId })])
      await session.ask('COMMIT')
      times.push(performance.now() - since)
      await pass(10 * random())
    }
  }
  await Promise.all(clients.map(append))
  return times
}

/** Asks all the time how far the log is settled, as a follower does. */
async function follow(url: string): Promise<() => Promise<void>> {
  const storage = await openAgain(url)
  let isOver = false
  const following = (async () => {
    while (!isOver) {
      await storage.settledUpTo()
      await pass(5)
    }
  })()
  return async () => {
    isOver = true
    await following
    await storage.close()
  }
}

function figures(times: readonly number[]): { p50: number; p99: number } {
  const sorted = [...times].sort((a, b) => a - b)
  const at = (share: number) => Math.round((sorted[Math.floor(sorted.length * share)] ?? 0) * 10) / 10
  return { p50: at(0.5), p99: at(0.99) }
}
