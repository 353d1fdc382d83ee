import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { fakeClock } from '../base/clock.ts'
import type { Commit } from '../base/command.ts'
import { StoreUnavailable } from '../base/errors.ts'
import { silentLog } from '../base/log.ts'
import { openTestStorage, type TestStorage } from '../exercise-storage.ts'
import { createMembership } from './membership.ts'

const leaseMs = 30_000
let storage: TestStorage
beforeEach(() => {
  storage = openTestStorage()
})
afterEach(() => storage.close())

/** A process with a clock of its own, which may show any time. */
function join(processId: string, { roles = ['deliver'], startsAt = 0 } = {}) {
  const clock = fakeClock(startsAt)
  let isGone = false
  const commit: Commit = (command, args) =>
    isGone ? Promise.reject(new StoreUnavailable('gone')) : storage.commit(command, args)
  const membership = createMembership({ commit, clock, journal: silentLog, processId, roles, leaseMs })
  return {
    ...membership,
    clock,
    cutOff: () => {
      isGone = true
    },
    reconnect: () => {
      isGone = false
    },
    /** Lets time pass as it does in a process that runs. */
    async live(ms: number) {
      for (let passed = 0; passed < ms; passed += 5000) {
        clock.advance(5000)
        membership.tick()
        await turn()
      }
    },
  }
}

const turn = async () => {
  for (let i = 0; i < 20; i++) await new Promise((resolve) => setImmediate(resolve))
}
const ids = () => storage.sql('SELECT id FROM processes ORDER BY id').map((row) => row.id)

it('processes know of each other and of what they do', async () => {
  const [one, two] = [join('proc_1', { roles: ['accept'] }), join('proc_2')]
  await one.beat()
  await two.beat()
  expect([two.others('accept'), two.others('deliver')]).toEqual([1, 0])
  expect(one.others('deliver')).toBe(0)
  one.hurry()
  one.tick()
  await turn()
  expect(one.others('deliver')).toBe(1)
})

describe('a process that falls silent', () => {
  it('is struck off after a lease by whoever has watched it all the time', async () => {
    const [one, two] = [join('proc_1'), join('proc_2')]
    await one.beat()
    await two.beat()
    await two.live(leaseMs - 5000)
    expect(ids()).toEqual(['proc_1', 'proc_2'])
    await two.live(15_000)
    expect(ids()).toEqual(['proc_2'])
    expect(two.others('deliver')).toBe(0)
  })

  it('is not struck off by one who has only just come', async () => {
    const one = join('proc_1')
    await one.beat()
    const late = join('proc_3', { startsAt: 10 * leaseMs })
    await late.beat()
    await late.live(leaseMs - 5000)
    expect(ids()).toEqual(['proc_1', 'proc_3'])
  })

  it('is not struck off while it beats, however far the clocks are apart and jump', async () => {
    const [one, two] = [join('proc_1'), join('proc_2', { startsAt: 10 * 60 * 60 * 1000 })]
    await one.beat()
    await two.beat()
    for (let i = 0; i < 12; i++) {
      one.clock.set(i % 2 === 0 ? 0 : 1e12)
      await one.live(10_000)
      await two.live(10_000)
    }
    expect(ids()).toEqual(['proc_1', 'proc_2'])
  })
})

describe('one who was away himself', () => {
  it('takes nobody for dead who was silent meanwhile', async () => {
    const [one, two] = [join('proc_1'), join('proc_2')]
    await one.beat()
    await two.beat()
    await two.live(20_000)
    two.clock.advance(10 * leaseMs) // stopped, as by SIGSTOP
    await two.live(leaseMs - 5000)
    expect(ids()).toEqual(['proc_1', 'proc_2'])
    await two.live(15_000)
    expect(ids()).toEqual(['proc_2'])
  })

  it('nor after a database that was away for everybody', async () => {
    const [one, two] = [join('proc_1'), join('proc_2')]
    await one.beat()
    await two.beat()
    await two.live(20_000)
    two.cutOff()
    await two.live(5 * leaseMs)
    two.reconnect()
    await two.live(leaseMs - 5000)
    expect(ids()).toEqual(['proc_1', 'proc_2'])
  })

  it('is not sure of what he held until he has beaten again', async () => {
    const one = join('proc_1')
    expect(one.isLeased()).toBe(false)
    await one.beat()
    expect(one.isLeased()).toBe(true)
    one.clock.advance(leaseMs - 1)
    expect(one.isLeased()).toBe(false)
    one.tick()
    await turn()
    expect(one.isLeased()).toBe(true)
  })

  it('is not sure either when his beat was kept long after it was sent', async () => {
    const clock = fakeClock()
    const slow: Commit = async (command, args) => {
      const result = await storage.commit(command, args)
      clock.advance(leaseMs)
      return result
    }
    const needs = { commit: slow, clock, journal: silentLog, processId: 'proc_1', roles: ['deliver'], leaseMs }
    const membership = createMembership(needs)
    await membership.beat()
    expect(membership.isLeased()).toBe(false)
  })
})

it('a process that has left is not put into the list again by a beat that was on its way', async () => {
  let goOn: (() => void) | undefined
  const slow: Commit = async (command, args) => {
    if (command.name === 'beat' && ids().length > 0) await new Promise<void>((resolve) => (goOn = resolve))
    return storage.commit(command, args)
  }
  const clock = fakeClock()
  const needs = { commit: slow, clock, journal: silentLog, processId: 'proc_1', roles: ['deliver'], leaseMs }
  const membership = createMembership(needs)
  await membership.beat()
  clock.advance(leaseMs / 3)
  membership.tick()
  const leaving = membership.leave()
  await turn()
  goOn?.()
  await leaving
  clock.advance(leaseMs)
  membership.tick()
  await turn()
  expect(ids()).toEqual([])
})

it('a database that takes nothing is tried twice a second', async () => {
  const one = join('proc_1')
  let beats = 0
  const commit: Commit = () => {
    beats++
    return Promise.reject(new StoreUnavailable('gone'))
  }
  const clock = one.clock
  const membership = createMembership({ commit, clock, journal: silentLog, processId: 'p', roles: [], leaseMs })
  for (let i = 0; i < 20; i++) {
    membership.tick()
    await turn()
    clock.advance(100)
  }
  expect(beats).toBe(4)
})
