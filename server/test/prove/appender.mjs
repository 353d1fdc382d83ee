// @ts-check
// One process that appends events to a database through the built storage, until it is told to stop or is killed: by
// commands, as the server does, and in transactions of its own that take their time, of which some are rolled back. It
// prints the id of each event once it is committed.
// Usage: appender.mjs <database URL> <seed>
import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'

const [url = '', seed = '1'] = process.argv.slice(2)
/** @param {string} path */
const built = (path) => import(new URL(`../../dist/${path}`, import.meta.url).href)

/** @type {typeof import('../../src/storage/postgres/open.ts')} */
const { openPostgres } = await built('storage/postgres/open.js')
/** @type {typeof import('../../src/storage/postgres/session.ts')} */
const { sessionOn, types } = await built('storage/postgres/session.js')
/** @type {typeof import('../../src/storage/postgres/stores.ts')} */
const { storesOn } = await built('storage/postgres/stores.js')
/** @type {typeof import('../../src/commands.ts')} */
const { commands } = await built('commands.js')
/** @type {typeof import('../../src/events/append.ts')} */
const { publishEvent } = await built('events/append.js')
/** @type {typeof import('../../src/base/clock.ts')} */
const { systemClock } = await built('base/clock.js')
/** @type {typeof import('../../src/base/id.ts')} */
const { defaultWorkspaceId, newId } = await built('base/id.js')
/** @type {typeof import('../../src/base/log.ts')} */
const { silentLog } = await built('base/log.js')

const processId = newId('process', systemClock.now())
const storage = await openPostgres({ url, clock: systemClock, journal: silentLog, version: '0', processId, commands })
let state = Number(seed)
let isOver = false
process.on('SIGTERM', () => {
  isOver = true
})

await Promise.all([...Array(8).fill(byCommand), ...Array(3).fill(byHand)].map((append) => append()))
await storage.close()

async function byCommand() {
  while (!isOver) {
    const event = makeEvent()
    await storage.commit(publishEvent, event)
    say([event])
    if (random(10) === 0) await sleep(random(5))
  }
}

async function byHand() {
  const client = new pg.Client({ connectionString: url, types, pipeline: true })
  await client.connect()
  const session = sessionOn(client)
  while (!isOver) {
    const events = Array.from({ length: 1 + random(9) }, makeEvent)
    await session.ask('BEGIN')
    await storesOn(session).log.appendEvents(events)
    if (random(3) > 0) await sleep(random(6))
    const isKept = random(8) > 0
    await session.ask(isKept ? 'COMMIT' : 'ROLLBACK')
    if (isKept) say(events)
  }
  await client.end()
}

/** @returns {import('../../src/events/event.ts').NewEvent} */
function makeEvent() {
  const now = Date.now()
  return {
    id: newId('event', now),
    workspaceId: defaultWorkspaceId,
    customer: null,
    sourceId: null,
    requestId: null,
    type: 'proof.appended',
    subject: null,
    orderKey: null,
    data: JSON.stringify({ n: randomUUID() }),
    receivedAt: now,
    dedupe: null,
  }
}

/** @param {readonly { id: string }[]} events */
function say(events) {
  process.stdout.write(events.map(({ id }) => `${id}\n`).join(''))
}

/** A whole number below another one. @param {number} below */
function random(below) {
  state = (state * 1_103_515_245 + 12_345) % 2 ** 31
  return Math.floor((state / 2 ** 31) * below)
}
