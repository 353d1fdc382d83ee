import { afterAll, afterEach, beforeAll, expect, it } from 'vitest'
import { eventually } from '../../../test/eventually.ts'
import { systemClock } from '../../base/clock.ts'
import { silentLog } from '../../base/log.ts'
import type { Signal } from '../../jobs/signal.ts'
import { type OpenedPostgres, openTestPostgres } from '../exercise/open-postgres.ts'
import { openProxy } from '../exercise/proxy.ts'
import { channel, openSignals } from './signals.ts'

let database: OpenedPostgres
beforeAll(async () => {
  database = await openTestPostgres()
})
afterAll(() => database.cleanup())

const opened: { close(): Promise<void> }[] = []
afterEach(async () => {
  await Promise.all(opened.splice(0).map((each) => each.close()))
})

const notify = (message: string) => database.sql(`SELECT pg_notify('${channel}', ?)`, message)

function open(processId: string, url = database.url) {
  const heard: Signal[] = []
  const lines: string[] = []
  const keep = (event: string) => void lines.push(event)
  const journal = { ...silentLog, warn: keep, info: keep }
  const signals = openSignals({ url, clock: systemClock, journal, processId, notify })
  signals.listen((signal) => heard.push(signal))
  opened.push(signals)
  return { ...signals, heard, lines, lanes: () => heard.flatMap(({ lanes = [] }) => lanes) }
}

/** Until both listen: what is told before is not heard. */
async function acquaint(...all: ReturnType<typeof open>[]) {
  await eventually('everybody to hear', async () => {
    await notify(JSON.stringify({ from: 'nobody', processes: true }))
    return all.every(({ heard }) => heard.length > 0)
  })
  for (const { heard } of all) heard.length = 0
}

it('are heard by the others, and not by who sent them', async () => {
  const [one, two, three] = [open('proc_1'), open('proc_2'), open('proc_3')]
  await acquaint(one, two, three)
  one.send({ lanes: ['ep_1'] })
  await eventually('the others to hear', () => two.heard.length > 0 && three.heard.length > 0)
  expect(two.heard, 'and of nothing else').toContainEqual({ lanes: ['ep_1'] })
  expect(one.lanes()).toEqual([])
})

it('are joined while one is on its way, and told in parts when they are long', async () => {
  const [one, two] = [open('proc_1'), open('proc_2')]
  await acquaint(two)
  const lanes = Array.from({ length: 1000 }, (_, i) => `ep_${String(i).padStart(26, '0')}`)
  for (const lane of lanes) one.send({ lanes: [lane], events: true })
  await eventually('all lanes to be heard', () => two.lanes().length >= lanes.length)
  expect(two.lanes().sort()).toEqual(lanes)
  expect(two.heard.length).toBeLessThan(20)
})

it('do not care for what somebody else sends on the channel', async () => {
  const [one, two] = [open('proc_1'), open('proc_2')]
  await acquaint(two)
  for (const message of ['', 'hello', '[]', 'null', '{"lanes":7}']) await notify(message)
  one.send({ events: true })
  await eventually('a real one to be heard', () => two.heard.some(({ events }) => events))
})

it('are heard again after the connection was ended', async () => {
  const [one, two] = [open('proc_1'), open('proc_2')]
  await acquaint(two)
  await database.sql(
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'trunkline signals' AND datname = current_database()",
  )
  await eventually('the loss to be noticed', () => two.lines.includes('signals.lost'))
  await eventually('the connection to be back', () => two.lines.includes('signals.back'))
  one.send({ lanes: ['ep_2'] })
  await eventually('a signal to be heard', () => two.lanes().includes('ep_2'))
})

it('are heard again after the connection went silent without an end', async () => {
  const proxy = await openProxy(database.url)
  const [one, two] = [open('proc_1'), open('proc_2', proxy.url)]
  await acquaint(two)
  proxy.silence()
  await eventually('the silence to be noticed', () => two.lines.includes('signals.lost'))
  proxy.speak()
  await eventually('the connection to be back', () => two.lines.includes('signals.back'))
  one.send({ lanes: ['ep_3'] })
  await eventually('a signal to be heard', () => two.lanes().includes('ep_3'))
  await two.close()
  await proxy.close()
})
