import { describe, expect, it } from 'vitest'
import { eventually } from '../../test/eventually.ts'
import { fakeClock } from '../base/clock.ts'
import { StoreUnavailable } from '../base/errors.ts'
import type { Log } from '../base/log.ts'
import { silentMeter } from '../base/meter.ts'
import { startRetention, sweepTurns, type Turn } from './retention-loop.ts'

const lines: string[] = []
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
    const loop = startRetention({ turns, clock: fakeClock(), journal, meter: silentMeter })
    await eventually('all of it', async () => seen.length === 6)
    await loop.stop()
    expect(seen).toEqual(['a', 'b', 'c', 'a', 'c', 'a'])
  })

  it('goes on with the others when one fails, and says so', async () => {
    const seen: string[] = []
    lines.length = 0
    const failing = (name: string, error: Error): Turn => ({ name, run: () => Promise.reject(error) })
    const turns = [failing('a', new StoreUnavailable('gone')), failing('b', new TypeError('x')), counting('c', 1, seen)]
    const loop = startRetention({ turns, clock: fakeClock(), journal, meter: silentMeter })
    await eventually('the last one', async () => lines.includes('retention.removed'))
    await loop.stop()
    expect(lines).toEqual(['retention.waits', 'retention.failed', 'retention.removed'])
  })

  it('ends after the turn that is under way', async () => {
    let finish = () => {}
    let isOver = false
    const hanging: Turn = {
      name: 'a',
      run: () =>
        new Promise((resolve) => {
          finish = () => resolve({ done: 1, isDone: false })
        }),
    }
    const loop = startRetention({ turns: [hanging], clock: fakeClock(), journal, meter: silentMeter })
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
