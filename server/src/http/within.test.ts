import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { StoreUnavailable } from '../base/errors.ts'
import { within } from './within.ts'

beforeEach(() => {
  vi.useFakeTimers()
})
afterEach(() => {
  vi.useRealTimers()
})

it('answers what came in time, and leaves no timer behind', async () => {
  expect(await within(Promise.resolve(5), 1000, 'the work')).toBe(5)
  await vi.advanceTimersByTimeAsync(0)
  expect(vi.getTimerCount()).toBe(0)
})

it('fails as the work failed', async () => {
  await expect(within(Promise.reject(new TypeError('no')), 1000, 'the work')).rejects.toBeInstanceOf(TypeError)
  await vi.advanceTimersByTimeAsync(0)
  expect(vi.getTimerCount()).toBe(0)
})

it('says what took too long', async () => {
  const waiting = within(new Promise(() => {}), 900, 'the append').catch((error: Error) => error)
  await vi.advanceTimersByTimeAsync(900)
  const error = await waiting
  expect(error).toBeInstanceOf(StoreUnavailable)
  expect(error).toMatchObject({ message: 'the append took longer than 900 ms' })
})

it('does not mind what the work says afterwards', async () => {
  let fail: (error: Error) => void = () => {}
  const work = new Promise((_, reject) => {
    fail = reject
  })
  const waiting = within(work, 900, 'the append').catch((error: Error) => error.name)
  await vi.advanceTimersByTimeAsync(900)
  fail(new Error('much later'))
  expect(await waiting).toBe('StoreUnavailable')
  await vi.advanceTimersByTimeAsync(1)
})
