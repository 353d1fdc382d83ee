import { expect, it } from 'vitest'
import { fakeClock } from '../../base/clock.ts'
import { StoreUnavailable } from '../../base/errors.ts'
import { openTestStorage } from '../../exercise-storage.ts'
import { keepingJournal, openRig, until } from '../exercise-deliverer.ts'
import { createRetirement, retireLanes } from './retire.ts'

/** A storage whose endpoints, all deleted, have these many deliveries left. */
async function stage(...left: readonly number[]) {
  const storage = openTestStorage()
  const rig = openRig({ storage })
  for (const [i, count] of left.entries()) {
    await rig.endpoint('http://127.0.0.1:1/', { eventTypes: [`type${i}`] })
    if (count > 0) await rig.publish(`type${i}`, count)
  }
  storage.sql(`UPDATE lanes SET state = 'deleted', next_due = ? RETURNING state`, rig.clock.now())
  return { rig, storage, pending: () => rig.counts()[0] ?? 0 }
}

it('ends the queues batch by batch', async () => {
  const { rig, storage, pending } = await stage(1100, 30)
  await using _ = rig
  const step = async () => [await storage.commit(retireLanes, { now: 5 }), pending()]
  expect(await step()).toEqual([true, 630])
  expect(await step()).toEqual([true, 130])
  expect(await step()).toEqual([true, 0])
  expect(await step()).toEqual([true, 0])
  expect(await step()).toEqual([false, 0])
  expect(rig.counts()).toEqual({ 3: 1130 })
})

it('does not stop at ten lanes that have nothing left', async () => {
  const { rig, storage, pending } = await stage(...Array.from({ length: 25 }, () => 0), 3)
  await using _ = rig
  const retirement = createRetirement({ commit: storage.commit, clock: rig.clock, journal: keepingJournal() })
  retirement.tick()
  await until('all are ended', () => pending() === 0)
  await retirement.stop()
})

it('does not touch what is active or paused', async () => {
  const { rig, storage } = await stage(3)
  await using _ = rig
  storage.sql(`UPDATE lanes SET state = 'paused' RETURNING state`)
  expect(await storage.commit(retireLanes, { now: 5 })).toBe(false)
  storage.sql(`UPDATE lanes SET state = 'active' RETURNING state`)
  expect(await storage.commit(retireLanes, { now: 5 })).toBe(false)
  expect(rig.counts()).toEqual({ 0: 3 })
})

it('looks when it is told to, and every ten seconds', async () => {
  const clock = fakeClock()
  let looks = 0
  const retirement = createRetirement({
    commit: (async () => {
      looks++
      return false
    }) as never,
    clock,
    journal: keepingJournal(),
  })
  const ticked = async () => {
    retirement.tick()
    await new Promise((resolve) => setImmediate(resolve))
    return looks
  }
  expect(await ticked()).toBe(1)
  expect(await ticked()).toBe(1)
  retirement.wake()
  expect(await ticked()).toBe(2)
  clock.advance(9999)
  expect(await ticked()).toBe(2)
  clock.advance(1)
  expect(await ticked()).toBe(3)
  await retirement.stop()
  retirement.wake()
  expect(await ticked()).toBe(3)
})

it('tries again at once when the database is gone, later and with a word when it is a fault of ours', async () => {
  const clock = fakeClock()
  const journal = keepingJournal()
  let error: Error = new StoreUnavailable('gone')
  let looks = 0
  const retirement = createRetirement({
    commit: () => {
      looks++
      return Promise.reject(error)
    },
    clock,
    journal,
  })
  const ticked = async () => {
    retirement.tick()
    await new Promise((resolve) => setImmediate(resolve))
    return looks
  }
  expect([await ticked(), await ticked(), journal.lines.length]).toEqual([1, 2, 0])
  error = new Error('a bug')
  expect([await ticked(), await ticked(), journal.lines.length]).toEqual([3, 3, 1])
  clock.advance(10_000)
  expect([await ticked(), journal.lines.length]).toEqual([4, 2])
})

it('is stopped between two batches', async () => {
  const { rig, storage, pending } = await stage(5000)
  await using _ = rig
  const retirement = createRetirement({ commit: storage.commit, clock: rig.clock, journal: keepingJournal() })
  retirement.tick()
  await until('it has begun', () => pending() < 5000)
  await retirement.stop()
  const left = pending()
  expect(left).toBeGreaterThan(0)
  await new Promise((resolve) => setImmediate(resolve))
  expect(pending()).toBe(left)
})
