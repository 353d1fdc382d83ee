import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { eventually } from '../../../test/eventually.ts'
import { systemClock } from '../../base/clock.ts'
import { silentLog } from '../../base/log.ts'
import { bareEnvironment } from '../../config.ts'
import { openTestStorage, type TestStorage } from '../../exercise-storage.ts'
import type { Stores } from '../../storage/stores.ts'
import { publishEvent } from '../append.ts'
import { eventOf } from '../exercise-log.ts'
import type { Failure } from './aside.ts'
import { wayward as reading } from './exercise-reader.ts'
import { createFactReader } from './fact-process.ts'
import { advanceCommand } from './follow.ts'
import { startFollowing } from './follow-loop.ts'
import type { Follower } from './follower.ts'
import { retryCommand } from './retry.ts'

/** Reads as the events say, in another process, and keeps what was read. */
const wayward: Follower<Stores, unknown, unknown> = {
  ...reading,
  readsData: true,
  async run(tx, events) {
    for (const { id, fact } of events) await tx.keyring.keep(id, String(fact))
    return { lanes: [], made: events.length, requests: [] }
  },
}
const advance = advanceCommand<Stores>([wayward])
const retry = retryCommand<Stores>([wayward])

const fileOf = (name: string) => fileURLToPath(new URL(name, import.meta.url))
const entry = {
  file: fileOf('../../boot.mjs'),
  args: [fileOf('./exercise-reader.ts')],
  execArgv: [],
  env: bareEnvironment(),
}
const limits = { heapMb: 64, startMs: 60_000, idleMs: 60_000 }
const readers = {
  first: createFactReader(entry, limits),
  firstMs: 300,
  careful: createFactReader(entry, limits),
  carefulMs: 2_000,
}

let storage: TestStorage
beforeAll(() => {
  storage = openTestStorage([advance, retry])
})
afterAll(async () => {
  await Promise.all([readers.first.close(), readers.careful.close()])
  await storage.close()
})

it('events whose reading hangs or ends its process hold up their subjects, and nobody else', async () => {
  const failed: Failure[] = []
  const loop = startFollowing({
    follower: wayward.name,
    readers,
    advance,
    retry,
    commit: storage.commit,
    settledUpTo: async () => Number.MAX_SAFE_INTEGER,
    owner: 'proc_1',
    clock: systemClock,
    journal: silentLog,
    onStirred() {},
    onFailed: (each) => failed.push(...each),
  })
  const deeds = ['a', 'loop', 'b', 'exit 7', 'c', 'd'] as const
  const subjects = ['one', 'two', 'two', 'three', null, 'four']
  const ids: string[] = []
  for (const [i, deed] of deeds.entries()) {
    const event = eventOf({ subject: subjects[i] ?? null, data: JSON.stringify(deed) })
    ids.push((await storage.commit(publishEvent, event)).id)
  }
  loop.wake()
  const handled = () => new Set(storage.sql('SELECT name FROM keyring').map(({ name }) => String(name)))
  const [a = '', hangs = '', behind = '', exits = '', c = '', d = ''] = ids
  await eventually('the healthy ones handled', async () => [a, c, d].every((id) => handled().has(id)))
  // Each of the two was given its time by the second process, and is tried again.
  await eventually('both judged', async () => {
    const causes = new Map(failed.map(({ eventId, cause }) => [eventId, cause]))
    return causes.get(hangs) === 'HANDLER_TIMED_OUT' && causes.get(exits) === 'HANDLER_EXITED'
  })
  expect(handled().has(behind)).toBe(false)
  expect(failed.every(({ nextTryAt }) => nextTryAt !== undefined)).toBe(true)

  // The fix: what comes of it is handled in order, by itself.
  for (const id of [hangs, exits]) storage.sql(`UPDATE events SET data = '"mended"' WHERE id = ? RETURNING id`, id)
  await eventually('all handled', async () => ids.every((id) => handled().has(id)), { withinMs: 30_000 })
  expect(storage.sql('SELECT * FROM parked')).toEqual([])
  await loop.stop()
}, 90_000)
