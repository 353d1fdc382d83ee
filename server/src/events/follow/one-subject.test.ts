import { expect, it } from 'vitest'
import { openTestStorage } from '../../exercise-storage.ts'
import type { Stores } from '../../storage/stores.ts'
import { publishEvent } from '../append.ts'
import { eventOf } from '../exercise-log.ts'
import { advanceCommand } from './follow.ts'
import type { Follower } from './follower.ts'
import { retryCommand } from './retry.ts'

/** Fails at one type; counts the statements that only failures may cost. */
const picky: Follower<Stores> = {
  name: 'picky',
  readsData: false,
  async run(tx, events) {
    for (const { seq, type } of events) {
      if (type === 'poison') throw new Error('not this one')
      await tx.keyring.keep(String(seq), String(now))
    }
    return { lanes: [], made: events.length, requests: [] }
  },
}
const advance = advanceCommand<Stores>([picky])
const retry = retryCommand<Stores>([picky])
let now = 1_700_000_000_000

it('a poisonous event among 10,000 delays only its own subject', async () => {
  const storage = openTestStorage([advance, retry])
  const subjects = 1_000
  const many = 10_000
  const poisoned = 137
  await Promise.all(
    Array.from({ length: many }, (_, i) =>
      storage.commit(
        publishEvent,
        eventOf({ type: i === poisoned ? 'poison' : 'fine', subject: `subject ${i % subjects}` }),
      ),
    ),
  )
  const begin = now
  const call = { follower: 'picky', owner: 'proc_1' }
  const move = () => storage.commit(advance, { ...call, upTo: Number.MAX_SAFE_INTEGER, limit: 256, now })
  while ((await move()).read > 0);
  const handled = () => storage.sql('SELECT sealed FROM keyring').map(({ sealed }) => Number(sealed))
  const ofItsSubject = many / subjects
  // At once, and at the very time of receipt: everything but the ten events of its subject, the first of which it is.
  expect(handled()).toEqual(Array(many - ofItsSubject).fill(begin))
  for (let due: number | null = now; due !== null; now = Math.max(now, due ?? now)) {
    due = (await storage.commit(retry, { ...call, now, limit: 64 })).nextDue
  }
  expect(handled()).toHaveLength(many - 1)
  expect(now - begin).toBeLessThanOrEqual(10 * 60_000)
  expect(storage.sql('SELECT event_type, state, attempts FROM parked')).toEqual([
    { event_type: 'poison', state: 'parked', attempts: 7 },
  ])
  await storage.close()
}, 60_000)
