import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { RetryPolicy } from '../endpoint/endpoint.ts'
import { nextDelay, readRetryAfter, retryDelaysMs } from './schedule.ts'

const hour = 60 * 60 * 1000
const middle = 0.5

describe('the schedule', () => {
  it('is ten attempts over 75 h 35 min 5 s', () => {
    const delays = Array.from({ length: 10 }, (_, i) => nextDelay(i + 1, middle))
    expect(delays).toEqual([
      5_000,
      300_000,
      1_800_000,
      2 * hour,
      5 * hour,
      10 * hour,
      14 * hour,
      20 * hour,
      24 * hour,
      undefined,
    ])
    expect(delays.reduce<number>((sum, each) => sum + (each ?? 0), 0)).toBe(((75 * 60 + 35) * 60 + 5) * 1000)
  })

  it('gives up after the tenth, and for numbers that are no try', () => {
    for (const tries of [10, 11, 1000, 0, -1, 1.5, Number.NaN]) expect(nextDelay(tries, middle, 1000)).toBeUndefined()
  })

  it('is spread by a fifth either way', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 9 }),
        fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
        (tries, random) => {
          const step = retryDelaysMs[tries - 1] ?? 0
          const delay = nextDelay(tries, random) ?? -1
          return Number.isInteger(delay) && delay >= 0.8 * step && delay <= 1.2 * step
        },
      ),
    )
    expect([nextDelay(1, 0), nextDelay(1, 0.999999)]).toEqual([4000, 6000])
  })
})

describe('the schedule of a policy', () => {
  const delays = (policy: RetryPolicy) =>
    Array.from({ length: 25 }, (_, i) => nextDelay(i + 1, middle, undefined, policy)).filter(
      (each) => each !== undefined,
    )
  const seconds = (...all: number[]) => all.map((each) => each * 1000)

  it('is the default one by name', () => expect(delays({ preset: 'standard' })).toEqual(retryDelaysMs))

  it('is five attempts for opencom', () => {
    expect(delays({ preset: 'opencom' })).toEqual(seconds(30, 120, 600, 3600))
  })

  it('doubles up to a day', () => {
    expect(delays({ preset: 'doubling', baseSeconds: 60, retries: 3 })).toEqual(seconds(60, 120, 240))
    expect(delays({ preset: 'doubling', baseSeconds: 60, retries: 0 })).toEqual([])
    expect(delays({ preset: 'doubling', baseSeconds: 3600, retries: 10 })).toEqual(
      seconds(3600, 7200, 14_400, 28_800, 57_600, ...Array.from({ length: 5 }, () => 86_400)),
    )
  })

  it('is the list that was given', () => {
    expect(delays({ delaysSeconds: [0, 604_800, 5] })).toEqual(seconds(0, 604_800, 5))
    expect(delays({ delaysSeconds: [] })).toEqual([])
  })

  it('is spread by a tenth either way, and waits as long as it was asked to', () => {
    const policy: RetryPolicy = { delaysSeconds: [100] }
    expect([nextDelay(1, 0, undefined, policy), nextDelay(1, 0.999999, undefined, policy)]).toEqual([90_000, 110_000])
    expect([1, 300_000, 30 * hour].map((asked) => nextDelay(1, middle, asked, policy))).toEqual([
      100_000,
      300_000,
      24 * hour,
    ])
    expect(nextDelay(1, middle, 1, { delaysSeconds: [604_800] })).toBe(604_800_000)
  })

  it('gives up for numbers that are no try', () => {
    for (const tries of [0, -1, 1.5, Number.NaN])
      expect(nextDelay(tries, middle, 1, { preset: 'doubling', baseSeconds: 60, retries: 3 })).toBeUndefined()
  })
})

describe('a receiver that asks for another time', () => {
  it('is called then, but never sooner than the schedule says and never later than in a day', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 9 }),
        fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
        fc.double(),
        (tries, random, asked) => {
          const own = nextDelay(tries, random) ?? -1
          const delay = nextDelay(tries, random, asked) ?? -1
          const expected = asked > own ? Math.max(own, Math.min(Math.round(asked), 24 * hour)) : own
          return delay === expected && Number.isInteger(delay)
        },
      ),
    )
  })

  it.each([
    ['an hour', hour, hour],
    ['a second', 1000, 5000],
    ['a year', 365 * 24 * hour, 24 * hour],
    ['for ever', Number.POSITIVE_INFINITY, 24 * hour],
    ['nothing that is a number', Number.NaN, 5000],
  ])('%s', (_, asked, delay) => {
    expect(nextDelay(1, middle, asked)).toBe(delay)
  })
})

describe('Retry-After', () => {
  const now = Date.UTC(2026, 10, 22, 12, 0, 0)

  it.each([
    ['120', 120_000],
    [' 7 ', 7000],
    ['0', 0],
    ['000000000000001', 1000],
    ['Sun, 22 Nov 2026 12:01:00 GMT', 60_000],
    ['Sunday, 22-Nov-26 12:01:00 GMT', 60_000],
    ['Sun Nov 22 12:01:00 2026', 60_000],
    ['Sun, 22 Nov 2026 11:59:00 GMT', 0],
    ['Thu, 01 Jan 1970 00:00:00 GMT', 0],
  ])('reads %j', (value, ms) => {
    expect(readRetryAfter(value, now)).toBe(ms)
  })

  it.each([
    undefined,
    '',
    '-1',
    '+5',
    '1e9',
    '1.5',
    '0x10',
    '5s',
    'soon',
    'soon 5',
    'Monday 5',
    'Sun, 22 Nov 2026',
    'Sun, 99 Nov 2026 12:01:00 GMT',
    '2026-11-22T12:01:00Z',
    '9'.repeat(16),
    `Sun, ${' '.repeat(20_000)}`,
  ])('makes nothing of %j', (value) => {
    expect(readRetryAfter(value, now)).toBeUndefined()
  })

  it('in seconds beyond every calendar still means a day', () => {
    expect(nextDelay(1, middle, readRetryAfter('999999999999999', now))).toBe(24 * hour)
  })
})
