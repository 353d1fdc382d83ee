import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { createTurnstile } from './turnstile.ts'

describe('a turnstile', () => {
  beforeEach(() => {
    vi.useFakeTimers({ toFake: ['setTimeout'] })
  })
  afterEach(() => {
    vi.useRealTimers()
  })

  it('lets one through each millisecond, in order', () => {
    const { pass } = createTurnstile()
    const done: number[] = []
    for (let i = 0; i < 4; i++) pass(() => done.push(i))
    expect(done).toEqual([0])
    vi.advanceTimersByTime(1)
    expect(done).toEqual([0, 1])
    pass(() => done.push(4))
    vi.advanceTimersByTime(2)
    expect(done).toEqual([0, 1, 2, 3])
    vi.advanceTimersByTime(1)
    expect(done).toEqual([0, 1, 2, 3, 4])
  })

  it('lets those through at once who come one by one', () => {
    const { pass } = createTurnstile()
    const done: number[] = []
    for (let i = 0; i < 3; i++) {
      pass(() => done.push(i))
      expect(done).toHaveLength(i + 1)
      vi.advanceTimersByTime(1)
    }
    expect(vi.getTimerCount()).toBe(0)
  })

  it('goes on after work that has failed', () => {
    const { pass } = createTurnstile()
    const done: number[] = []
    const broken = () => {
      throw new Error('broken')
    }
    expect(() => pass(broken)).toThrow('broken')
    pass(() => done.push(1))
    vi.advanceTimersByTime(1)
    expect(done).toEqual([1])
  })
})
