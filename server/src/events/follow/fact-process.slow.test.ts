import { fileURLToPath } from 'node:url'
import { afterAll, describe, expect, it } from 'vitest'
import { eventually } from '../../../test/eventually.ts'
import { bareEnvironment } from '../../config.ts'
import type { Event } from '../event.ts'
import { eventOf } from '../exercise-log.ts'
import { createFactReader, type FactReaderLimits } from './fact-process.ts'
import type { FactReader, Reading } from './reading.ts'

const fileOf = (name: string) => fileURLToPath(new URL(name, import.meta.url))
const entry = {
  file: fileOf('../../boot.mjs'),
  args: [fileOf('./exercise-reader.ts')],
  execArgv: [],
  env: bareEnvironment(),
}
const limits: FactReaderLimits = { heapMb: 64, startMs: 60_000, idleMs: 60_000 }

const opened: FactReader[] = []
const open = (more: Partial<FactReaderLimits> = {}, start = entry) => {
  const reader = createFactReader(start, { ...limits, ...more })
  opened.push(reader)
  return reader
}
/** The one that most of the tests share. */
const shared = open()
afterAll(() => Promise.all(opened.map((each) => each.close())))

/** Reads events that do this, one after the other, each for a minute at most. */
const read = (deeds: readonly string[], limitMs = 60_000, reader = shared) =>
  reader.read('wayward', deeds.map(toEvent), undefined, limitMs)
const toEvent = (deed: string, i: number): Event => ({ ...eventOf(), seq: i + 1, data: JSON.stringify(deed) })
const reasonOf = (reading: Reading | undefined) => (reading && 'cause' in reading ? reading : undefined)

it('answers what is in each event, in order', async () => {
  expect(await read(['a', 'b', 'c'])).toEqual([
    [1, { fact: 'read a' }],
    [2, { fact: 'read b' }],
    [3, { fact: 'read c' }],
  ])
})

it('answers those who ask at once each for themselves, in one process, which knows no secrets', async () => {
  process.env.TRUNKLINE_PRETENDED = 'secret'
  await read(['exit 7'])
  const answers = await Promise.all([['pid'], ['a', 'pid'], ['environment']].map((deeds) => read(deeds)))
  const [[first] = [], [, second] = [], [known] = []] = answers
  expect(first?.[1]).toEqual(second?.[1])
  expect(known?.[1]).toEqual({ fact: [] })
  delete process.env.TRUNKLINE_PRETENDED
})

describe('an event whose reading', () => {
  it.each([
    ['throws undefined', 'throw undefined', 'it threw undefined'],
    ['rejects with nothing', 'reject', 'it threw undefined'],
    ['throws a circle', 'throw a circle', 'it threw an object with self'],
    ['throws something that cannot be shown', 'throw what cannot be shown', expect.any(String)],
    ['answers what is no data', 'function', expect.stringContaining('could not be cloned')],
  ])('%s fails with one sentence, and the others are read', async (_, deed, error) => {
    expect(await read(['a', deed, 'b'])).toEqual([
      [1, { fact: 'read a' }],
      [2, { cause: 'HANDLER_THREW', error }],
      [3, { fact: 'read b' }],
    ])
  })

  it('throws a megabyte fails with a short sentence', async () => {
    for (const [, reading] of await read(['throw a text', 'throw long'])) {
      expect(reasonOf(reading)?.error.length).toBeLessThan(1100)
    }
  })

  it.each([
    ['ends the process with a code', 'exit 7', 'HANDLER_EXITED', 'it ended with code 7'],
    ['fills the memory bit by bit', 'push', 'HANDLER_OUT_OF_MEMORY', 'more memory than it may'],
    ['takes all memory in one piece', 'array', 'HANDLER_OUT_OF_MEMORY', 'more memory than it may'],
    ['fills memory that is not JavaScript’s', 'buffer', 'HANDLER_OUT_OF_MEMORY', 'more memory than it may'],
  ])('%s is the last of the answer, and the next question has a new process', async (_, deed, cause, error) => {
    const readings = await read(['a', deed, 'b'])
    expect(readings).toEqual([
      [1, { fact: 'read a' }],
      [2, { cause, error: expect.stringContaining(error) }],
    ])
    expect(await read(['b'])).toEqual([[1, { fact: 'read b' }]])
  })

  it.each(['loop', 'wait'])('never ends (%s) is stopped when its time is up', async (deed) => {
    await read(['a'])
    expect(await read(['b', deed, 'c'], 500)).toEqual([
      [1, { fact: 'read b' }],
      [2, { cause: 'HANDLER_TIMED_OUT', error: 'reading it took longer than 500 ms' }],
    ])
    expect(await read(['c'])).toEqual([[1, { fact: 'read c' }]])
  })
})

it('a process that could not be started is a fault of nobody’s event, and the next question tries again', async () => {
  const reader = open({}, { ...entry, args: [fileOf('./no-such-file.ts')] })
  for (let i = 0; i < 2; i++)
    await expect(read(['a'], 60_000, reader)).rejects.toThrow('could not be started: it ended with code 1')
})

it('a process that has had nothing to do for a while is ended', async () => {
  const reader = open({ idleMs: 1 })
  const pids: unknown[] = []
  await eventually('another process', async () => {
    pids.push(JSON.stringify(await read(['pid'], 60_000, reader)))
    return new Set(pids).size > 1
  })
})

it('blames no event when the server stops, and reads nothing more', async () => {
  const reader = open()
  await read(['a'], 60_000, reader)
  const underWay = read(['wait', 'b'], 60_000, reader)
  const refused = expect(underWay).rejects.toMatchObject({ code: 'OVERLOADED', message: 'the server is stopping' })
  await new Promise((resolve) => setImmediate(resolve))
  await reader.close()
  await refused
  await expect(read(['a'], 60_000, reader)).rejects.toThrow('the server is stopping')
})
