import { describe, expect, it } from 'vitest'
import { nextTry, parkedId, readParkedId, retryWindowMs, sentenceOf } from './parked.ts'

describe('the next try', () => {
  it('comes after longer and longer pauses, within ten minutes, and then no more', () => {
    const pauses: number[] = []
    let now = 0
    for (let attempts = 1; ; attempts++) {
      const at = nextTry(attempts, 0, now)
      if (at === undefined) break
      pauses.push((at - now) / 1000)
      now = at
    }
    expect(pauses).toEqual([1, 5, 20, 60, 120, 300])
    expect(now).toBeLessThan(retryWindowMs)
  })

  it('is none when the time is up, however few there were: it may have waited behind another', () => {
    expect(nextTry(1, 0, retryWindowMs - 1000)).toBe(retryWindowMs)
    expect(nextTry(1, 0, retryWindowMs - 999)).toBeUndefined()
  })
})

it('an id names the event and the follower', () => {
  expect(readParkedId(parkedId({ eventId: 'evt_1', follower: 'fan-out' }))).toEqual({
    eventId: 'evt_1',
    follower: 'fan-out',
  })
  expect(readParkedId('evt_1')).toEqual({ eventId: 'evt_1', follower: '' })
})

it.each([
  [new TypeError('why'), 'TypeError: why'],
  [undefined, 'it threw undefined'],
  [null, 'it threw null'],
  ['a text', 'it threw "a text"'],
  [Symbol('s'), 'it threw Symbol(s)'],
  [{ code: 1 }, 'it threw an object with code'],
])('what was thrown (%j) is one sentence', (thrown, sentence) => {
  expect(sentenceOf(thrown)).toBe(sentence)
})

it('what was thrown is a short sentence, whatever it holds', () => {
  const long = new Error('x'.repeat(10_000_000))
  const broken = Object.defineProperty(new Error('x'), 'message', {
    get() {
      throw new Error('no')
    },
  })
  expect(sentenceOf(long).length).toBeLessThan(1100)
  expect(sentenceOf(broken)).toBe('it threw something that cannot be shown')
})
