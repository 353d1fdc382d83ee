import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { afterAll, expect, it } from 'vitest'
import { openAgain, openTestPostgres } from '../../src/storage/exercise/open-postgres.ts'
import { insideOf } from '../../src/storage/exercise/opened.ts'
import { drawSeed, randomFrom } from '../chance.ts'
import { eventually } from '../eventually.ts'
import { pass } from '../pass.ts'
import { keepRecord } from '../record.ts'

const wanted = 100_000
const processes = 4
const kills = 12
const script = fileURLToPath(new URL('./appender.mjs', import.meta.url))
const children = new Set<ChildProcess>()
afterAll(() => {
  for (const child of children) child.kill('SIGKILL')
})

it('a reader of the log misses nothing and reads nothing twice while four processes append, fail and die', async () => {
  const begin = performance.now()
  const seed = drawSeed('commit-order')
  const random = randomFrom(seed)
  const database = await openTestPostgres()
  const committed: string[] = []
  const start = () => startAppender(database.url, Math.ceil(random() * 1e6), committed)
  const appenders = await Promise.all(Array.from({ length: processes }, start))
  const reading = startReader(database.url, randomFrom(seed + 1))
  for (let kill = 1; kill <= kills; kill++) {
    const moment = Math.floor((wanted * kill) / (kills + 1))
    await eventually(`event ${moment}`, () => committed.length >= moment, { withinMs: 300_000, everyMs: 5 })
    const victim = Math.floor(random() * processes)
    await appenders[victim]?.end('SIGKILL')
    appenders[victim] = await start()
  }
  await eventually(`event ${wanted}`, () => committed.length >= wanted, { withinMs: 300_000 })
  await Promise.all(appenders.map((each) => each.end('SIGTERM')))
  const read = await reading.finish()

  const rows = await database.sql('SELECT id, seq FROM events ORDER BY seq')
  const gaps = Number(rows.at(-1)?.seq) - rows.length
  const known = new Set(read)
  expect(read.length - known.size, 'read twice').toBe(0)
  expect(
    committed.filter((id) => !known.has(id)),
    'missed',
  ).toEqual([])
  // Not `toEqual`: what a failure prints would be a hundred thousand lines.
  expect(rows.every(({ id }, i) => id === read[i]) && rows.length === read.length, 'in the order of the log').toBe(true)
  expect(gaps, 'places that were never committed').toBeGreaterThan(0)
  await database.cleanup()
  keepRecord({
    round: 'commit-order',
    seed,
    did: `${processes} processes appending, ${kills} kills, ${gaps} places rolled back or lost; a reader that pauses missed none and read none twice, in ${reading.steps()} steps`,
    events: rows.length,
    seconds: Math.round((performance.now() - begin) / 1000),
  })
}, 600_000)

interface Appender {
  end(signal: NodeJS.Signals): Promise<void>
}

/** Starts a process that appends, and waits for its first event. */
async function startAppender(url: string, seed: number, committed: string[]): Promise<Appender> {
  const child = spawn(process.execPath, [script, url, String(seed)], { stdio: ['ignore', 'pipe', 'inherit'] })
  children.add(child)
  const ended = once(child, 'close')
  let count = 0
  let rest = ''
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    const lines = (rest + chunk).split('\n')
    rest = lines.pop() ?? ''
    count += lines.length
    committed.push(...lines)
  })
  await eventually('its first event', () => count > 0, { withinMs: 60_000 })
  return {
    async end(signal) {
      child.kill(signal)
      await ended
      children.delete(child)
    },
  }
}

/** Follows the log as a follower does, and pauses now and then. */
function startReader(url: string, random: () => number) {
  const read: string[] = []
  let isOver = false
  let steps = 0
  const reading = (async () => {
    const storage = await openAgain(url)
    const { log } = insideOf(storage)
    let place = 0
    for (let isLast = false; ; steps++) {
      const upTo = await storage.settledUpTo()
      const events = await log.eventsAfter(place, upTo, 500, false)
      for (const { id } of events) read.push(id)
      place = events.at(-1)?.seq ?? place
      if (isLast && events.length === 0) break
      isLast = isOver
      if (random() < 0.2) await pass(100 * random())
    }
    await storage.close()
  })()
  return {
    steps: () => steps,
    async finish() {
      isOver = true
      await reading
      return read
    },
  }
}
