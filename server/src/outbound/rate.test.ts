import { describe, expect, it } from 'vitest'
import { fakeClock } from '../base/clock.ts'
import { createRate } from './rate.ts'

function take(rate: ReturnType<typeof createRate>): number {
  const count = rate.available()
  for (let i = 0; i < count; i++) rate.take()
  return count
}

describe('a rate', () => {
  it('lets a second’s worth go at once, then as much as time brings', () => {
    const clock = fakeClock()
    const rate = createRate(() => 10, clock)
    expect(take(rate)).toBe(10)
    expect(take(rate)).toBe(0)
    clock.advance(99)
    expect(take(rate)).toBe(0)
    clock.advance(1)
    expect(take(rate)).toBe(1)
    clock.advance(1_000_000)
    expect(take(rate)).toBe(10)
  })

  it('brings exactly its number in the long run, in whatever steps time passes', () => {
    const clock = fakeClock()
    const rate = createRate(() => 7, clock)
    take(rate)
    let taken = 0
    for (let ms = 0; ms < 100_000; ms += 1 + (ms % 13)) {
      clock.advance(1 + (ms % 13))
      taken += take(rate)
    }
    expect(Math.abs(taken - 7 * (clock.elapsed() / 1000))).toBeLessThanOrEqual(1)
  })

  it('of one a second lets one go each second', () => {
    const clock = fakeClock()
    const rate = createRate(() => 1, clock)
    expect(take(rate)).toBe(1)
    clock.advance(999)
    expect(take(rate)).toBe(0)
    clock.advance(1)
    expect(take(rate)).toBe(1)
  })

  it('does not mind a time of day that jumps', () => {
    const clock = fakeClock()
    const rate = createRate(() => 5, clock)
    take(rate)
    clock.set(clock.now() + 3_600_000)
    expect(take(rate)).toBe(0)
    clock.set(0)
    expect(take(rate)).toBe(0)
  })

  it('that is not given is no limit', () => {
    expect(createRate(() => undefined, fakeClock()).available()).toBe(Number.POSITIVE_INFINITY)
  })
})
