import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { fakeClock } from '../../base/clock.ts'
import { silentLog } from '../../base/log.ts'
import { databaseClock } from './clock.ts'

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] })
})
afterEach(() => {
  vi.useRealTimers()
})

/** A database whose clock shows what it is told, and answers after 40 ms. */
async function open(ahead: number) {
  const machine = fakeClock(1_000_000)
  let isGone = false
  let shift = ahead
  const warned: unknown[] = []
  const { clock, stop } = await databaseClock({
    machine,
    journal: { ...silentLog, warn: (event, facts) => warned.push([event, facts]) },
    async ask() {
      if (isGone) throw new Error('gone')
      machine.advance(20)
      const at = machine.now() + shift
      machine.advance(20)
      return at
    },
  })
  return {
    machine,
    clock,
    stop,
    warned,
    jump(ms: number) {
      shift += ms
    },
    lose() {
      isGone = true
    },
    async later() {
      vi.advanceTimersByTime(30_000)
      await new Promise((resolve) => setImmediate(resolve))
    },
  }
}

it('shows the database’s time, half of the way there and back allowed for', async () => {
  const { machine, clock } = await open(1234)
  expect(clock.now()).toBe(machine.now() + 1234)
  machine.advance(500)
  expect(clock.now()).toBe(machine.now() + 1234)
})

it('does not care for jumps of the machine’s clock', async () => {
  const { machine, clock } = await open(0)
  const before = clock.now()
  machine.set(0)
  expect(clock.now()).toBe(before)
})

it('follows the database’s clock when it is set', async () => {
  const { machine, clock, jump, later } = await open(0)
  jump(600_000)
  await later()
  expect(clock.now()).toBe(machine.now() + 600_000)
})

it('goes on by its stopwatch while the database is away', async () => {
  const { machine, clock, lose, later } = await open(100)
  lose()
  await later()
  machine.advance(1000)
  expect(clock.now()).toBe(machine.now() + 100)
})

it('says once that the two clocks are far apart', async () => {
  const { warned, later } = await open(600_000)
  await later()
  expect(warned).toEqual([['clock.apart', { databaseAheadMs: 600_000 }]])
})
