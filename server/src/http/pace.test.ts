import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { fakeClock } from '../base/clock.ts'
import { watchPace } from './pace.ts'

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] })
})
afterEach(() => {
  vi.useRealTimers()
})

function open(slowest = 1000) {
  const clock = fakeClock()
  const pace = watchPace({ slowest, clock })
  return {
    clock,
    pace,
    /** Lets seconds pass, in each of which so many bytes come. */
    pass(seconds: number, reading?: { note(bytes: number): void }, bytes = 0) {
      for (let i = 0; i < seconds; i++) {
        reading?.note(bytes)
        clock.advance(1000)
        vi.advanceTimersByTime(1000)
      }
    },
    begin() {
      const own = { givenUp: 0 }
      const reading = pace.begin(() => {
        own.givenUp++
        reading.end()
      })
      return { own, reading }
    },
  }
}

describe('a body', () => {
  it('that stands still is given up after the grace and one span', () => {
    const stage = open()
    const { own } = stage.begin()
    stage.pass(9)
    expect(own.givenUp).toBe(0)
    stage.pass(1)
    expect(own.givenUp).toBe(1)
    stage.pass(60)
    expect(own.givenUp).toBe(1)
  })

  it('that comes just quickly enough is not given up, a little slower it is', () => {
    const stage = open()
    const [steady, slow] = [stage.begin(), stage.begin()]
    for (let i = 0; i < 25; i++) {
      slow.reading.note(999)
      stage.pass(1, steady.reading, 1000)
    }
    expect([steady.own.givenUp, slow.own.givenUp]).toEqual([0, 1])
  })

  it('gains nothing by much at the beginning', () => {
    const stage = open()
    const { own, reading } = stage.begin()
    stage.pass(1, reading, 1_000_000)
    stage.pass(9)
    expect(own.givenUp).toBe(1)
  })

  it('that has ended is not looked at', () => {
    const stage = open()
    const { own, reading } = stage.begin()
    reading.end()
    stage.pass(20)
    expect(own.givenUp).toBe(0)
    expect(vi.getTimerCount()).toBe(0)
  })

  it('is not given up because this process stood still', () => {
    const stage = open()
    const { own } = stage.begin()
    stage.pass(7)
    stage.clock.advance(300_000)
    stage.pass(4)
    expect(own.givenUp).toBe(0)
    stage.pass(2)
    expect(own.givenUp).toBe(1)
  })

  it('may take as long as it likes where the floor is nought', () => {
    const stage = open(0)
    const { own } = stage.begin()
    stage.pass(100)
    expect(own.givenUp).toBe(0)
    expect(vi.getTimerCount()).toBe(0)
  })
})
