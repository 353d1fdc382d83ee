import { describe, expect, it } from 'vitest'
import { eventually } from '../../test/eventually.ts'
import { fakeClock } from '../base/clock.ts'
import { StoreUnavailable } from '../base/errors.ts'
import type { Log } from '../base/log.ts'
import { silentMeter } from '../base/meter.ts'
import { startRetention, sweepTurns, type Turn } from './retention-loop.ts'

const lines: string[] = []
const lastRanAt = async () => null
const clockSettlesMs = 60 * 60 * 1000
const dayMs = 24 * 60 * 60 * 1000
const keep = (event: string) => void lines.push(event)
const journal: Log = { debug: keep, info: keep, warn: keep, error: keep }

/** A turn that has so many rounds to do, and notes each. */
const counting = (name: string, rounds: number, seen: string[]): Turn => ({
  name,
  async run() {
    seen.push(name)
    return { done: 1, isDone: seen.filter((each) => each === name).length >= rounds }
  },
})

describe('the loop of retention', () => {
  it('takes turns, so that what has much to do does not keep the others waiting', async () => {
    const seen: string[] = []
    const turns = [counting('a', 3, seen), counting('b', 1, seen), counting('c', 2, seen)]
    const loop = startRetention({ turns, clock: fakeClock(), journal, meter: silentMeter, lastRanAt, clockSettlesMs })
    await eventually('all of it', async () => seen.length === 6)
    await loop.stop()
    expect(seen).toEqual(['a', 'b', 'c', 'a', 'c', 'a'])
  })

  it('goes on with the others when one fails, and says so', async () => {
    const seen: string[] = []
    lines.length = 0
    const failing = (name: string, error: Error): Turn => ({ name, run: () => Promise.reject(error) })
    const turns = [failing('a', new StoreUnavailable('gone')), failing('b', new TypeError('x')), counting('c', 1, seen)]
    const loop = startRetention({ turns, clock: fakeClock(), journal, meter: silentMeter, lastRanAt, clockSettlesMs })
    await eventually('the last one', async () => lines.includes('retention.removed'))
    await loop.stop()
    expect(lines).toEqual(['retention.waits', 'retention.failed', 'retention.removed'])
  })

  /** A loop whose turns are counted, under a clock that a test sets. */
  function openLoop(ranAt: () => Promise<number | null>, onTurn: (n: number) => void = () => {}) {
    const clock = fakeClock()
    let turns = 0
    const turn: Turn = {
      name: 'a',
      run: async () => {
        onTurn(++turns)
        return { done: 1, isDone: turns % 3 === 0 }
      },
    }
    lines.length = 0
    const loop = startRetention({ turns: [turn], clock, journal, meter: silentMeter, lastRanAt: ranAt, clockSettlesMs })
    return { clock, turns: () => turns, [Symbol.asyncDispose]: loop.stop }
  }

  it('waits when the clock stands a day beyond where anybody saw it last', async () => {
    await using loop = openLoop(async () => 1_700_000_000_000 - dayMs - 1)
    await eventually('the doubt', async () => lines.includes('retention.clock-jumped'))
    expect(loop.turns()).toBe(0)
    await using steady = openLoop(async () => 1_700_000_000_000 - dayMs)
    await eventually('a round', async () => steady.turns() === 3)
  })

  it('ends its round when the clock jumps in the middle of it', async () => {
    await using loop = openLoop(lastRanAt, (n) => n === 2 && loop.clock.set(loop.clock.now() + 120 * dayMs))
    await eventually('the doubt', async () => lines.includes('retention.clock-jumped'))
    expect(loop.turns()).toBe(2)
  })

  it('believes nothing while the database cannot tell', async () => {
    let isAsked = false
    await using loop = openLoop(() => {
      isAsked = true
      return Promise.reject(new StoreUnavailable('gone'))
    })
    await eventually('the question', async () => isAsked)
    await new Promise(setImmediate)
    expect(loop.turns()).toBe(0)
  })

  it('ends after the turn that is under way', async () => {
    let finish = () => {}
    let [isBegun, isOver] = [false, false]
    const hanging: Turn = {
      name: 'a',
      run: () =>
        new Promise((resolve) => {
          isBegun = true
          finish = () => resolve({ done: 1, isDone: false })
        }),
    }
    const loop = startRetention({
      turns: [hanging],
      clock: fakeClock(),
      journal,
      meter: silentMeter,
      lastRanAt,
      clockSettlesMs,
    })
    await eventually('the turn', async () => isBegun)
    const stopped = loop.stop().then(() => {
      isOver = true
    })
    await new Promise(setImmediate)
    expect(isOver).toBe(false)
    finish()
    await stopped
  })
})

it('has no turn for what is kept for ever', () => {
  const names = (days: { bodiesDays: number; recordsDays: number; quarantineDays: number }) =>
    sweepTurns({ keep: days, followers: [], commit: async () => ({}) as never, clock: fakeClock() }).map(
      ({ name }) => name,
    )
  expect(names({ bodiesDays: 0, recordsDays: 0, quarantineDays: 0 })).toEqual(['dedupe-keys', 'free-pages'])
  expect(names({ bodiesDays: 30, recordsDays: 0, quarantineDays: 7 })).toEqual([
    ...['event-data', 'request-bodies', 'attempt-bodies', 'quarantine', 'dedupe-keys', 'free-pages'],
  ])
})
