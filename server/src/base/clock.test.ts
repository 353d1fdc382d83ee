import { describe, expect, it } from 'vitest'
import { fakeClock, systemClock } from './clock.ts'

describe('the system’s clock', () => {
  it('tells the time of day, and a time that only rises', () => {
    expect(Math.abs(systemClock.now() - Date.now())).toBeLessThan(1000)
    const before = systemClock.elapsed()
    expect(systemClock.elapsed()).toBeGreaterThanOrEqual(before)
  })
})

describe('the tests’ clock', () => {
  it('stands still until it is told to move', () => {
    const clock = fakeClock(1000)
    expect([clock.now(), clock.elapsed()]).toEqual([1000, 0])
    clock.advance(5)
    expect([clock.now(), clock.elapsed()]).toEqual([1005, 5])
  })

  it('can be set, as the time of day can; the time that never jumps does not care', () => {
    const clock = fakeClock(1000)
    clock.advance(5)
    clock.set(3)
    expect([clock.now(), clock.elapsed()]).toEqual([3, 5])
  })
})
