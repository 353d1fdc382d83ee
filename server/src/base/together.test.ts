import { expect, it } from 'vitest'
import { together } from './together.ts'

it('answers all results in their places', async () => {
  expect(
    await together([Promise.resolve(1), new Promise<string>((resolve) => setImmediate(() => resolve('two')))]),
  ).toEqual([1, 'two'])
})

it('fails with what failed first in the list, after the last one has ended', async () => {
  let hasEnded = false
  const slow = new Promise((resolve) => setImmediate(resolve)).then(() => {
    hasEnded = true
  })
  const all = together([Promise.reject(new Error('first')), slow, Promise.reject(new Error('second'))])
  await expect(all).rejects.toThrow('first')
  expect(hasEnded).toBe(true)
})
