import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createBuckets } from './buckets.ts'
import { fakeClock } from './clock.ts'

const rates = fc.record({
  amount: fc.oneof(fc.integer({ min: 1, max: 50 }), fc.double({ min: 0.05, max: 20, noNaN: true })),
  perMs: fc.integer({ min: 1, max: 100_000 }),
})

function open(most = 10) {
  const clock = fakeClock()
  return { clock, buckets: createBuckets({ elapsed: clock.elapsed, most }) }
}

describe('a bucket', () => {
  it('gives in no window more than it holds and what flows in meanwhile', () => {
    fc.assert(
      fc.property(rates, fc.array(fc.nat(3000), { minLength: 1, maxLength: 200 }), (rate, pauses) => {
        const { clock, buckets } = open()
        const taken: number[] = []
        for (const pause of pauses) {
          clock.advance(pause)
          if (buckets.take('one', rate) === 0) taken.push(clock.elapsed())
        }
        for (const [i, from] of taken.entries()) {
          for (const [j, to] of taken.slice(i).entries()) {
            const most = Math.max(1, rate.amount) + ((to - from) / rate.perMs) * rate.amount
            expect(j + 1).toBeLessThanOrEqual(most + 1e-6)
          }
        }
      }),
    )
  })

  it('has one again after the time that it says, and none before', () => {
    fc.assert(
      fc.property(rates, fc.nat(100), (rate, more) => {
        const { clock, buckets } = open()
        let waitMs = 0
        while (waitMs === 0) waitMs = buckets.take('one', rate)
        clock.advance(waitMs * 0.9)
        expect(buckets.take('one', rate)).toBeGreaterThan(0)
        clock.advance(waitMs * 0.1 + 1e-3 + more)
        expect(buckets.take('one', rate)).toBe(0)
      }),
    )
  })

  it('does not care what time it is', () => {
    const { clock, buckets } = open()
    const rate = { amount: 1, perMs: 1000 }
    expect(buckets.take('one', rate)).toBe(0)
    for (const day of [86_400_000, -86_400_000, Number.MAX_SAFE_INTEGER]) {
      clock.set(clock.now() + day)
      expect(buckets.take('one', rate)).toBe(1000)
    }
    clock.advance(1000)
    expect(buckets.take('one', rate)).toBe(0)
  })

  it('shrinks with its rate, and grows only as time passes', () => {
    const { clock, buckets } = open()
    expect(buckets.take('one', { amount: 10, perMs: 1000 })).toBe(0)
    expect(buckets.take('one', { amount: 2, perMs: 1000 })).toBe(0)
    expect(buckets.take('one', { amount: 10, perMs: 1000 })).toBe(0)
    expect(buckets.take('one', { amount: 10, perMs: 1000 })).toBe(100)
    clock.advance(1000)
    for (let i = 0; i < 10; i++) expect(buckets.take('one', { amount: 10, perMs: 1000 })).toBe(0)
  })
})

it('buckets stand each for itself, and no more are kept than may be', () => {
  const { buckets } = open(3)
  const rate = { amount: 1, perMs: 1000 }
  for (const name of ['a', 'b', 'c']) expect(buckets.take(name, rate)).toBe(0)
  expect(buckets.take('a', rate)).toBe(1000)
  expect(buckets.take('d', rate)).toBe(0)
  expect(buckets.size).toBe(3)
  expect(buckets.take('a', rate)).toBe(1000) // it was asked last, so `b` went
})
