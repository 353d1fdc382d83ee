import { expect, it } from 'vitest'
import { fakeClock } from '../base/clock.ts'
import { watchVersion } from './watch-version.ts'

/** A question whose answers are given when somebody says so. */
function open() {
  const clock = fakeClock()
  const answers: ((version: number) => void)[] = []
  const watch = watchVersion(() => new Promise((resolve) => answers.push(resolve)), clock)
  return { clock, answers, watch }
}

it('an answer that is late is not waited for while the last one is young, and is when that is old', async () => {
  const { clock, answers, watch } = open()
  const first = watch.current()
  answers[0]?.(1)
  expect(await first).toBe(1)
  clock.advance(1000)
  const late = await Promise.all(Array.from({ length: 100 }, () => watch.current()))
  expect([new Set(late), answers.length]).toEqual([new Set([1]), 2])
  clock.advance(4000)
  const waiting = watch.current()
  answers[1]?.(2)
  expect(await waiting).toBe(2)
})

it('an answer that comes in time is everybody’s', async () => {
  const { clock, answers, watch } = open()
  const first = watch.current()
  answers[0]?.(1)
  await first
  clock.advance(1000)
  const asked = Array.from({ length: 100 }, () => watch.current())
  answers[1]?.(2)
  expect(new Set(await Promise.all(asked))).toEqual(new Set([2]))
})

it('after a change of one’s own no older answer will do', async () => {
  const { answers, watch } = open()
  const before = watch.current()
  watch.forget()
  const after = watch.current()
  answers[1]?.(2)
  expect(await after).toBe(2)
  answers[0]?.(1)
  expect([await before, await watch.current()]).toEqual([1, 2])
})

it('what was asked for a moment ago is known without a question', async () => {
  const { clock, answers, watch } = open()
  expect(watch.known()).toBeUndefined()
  const first = watch.current()
  expect(watch.known()).toBeUndefined()
  answers[0]?.(7)
  await first
  expect(watch.known()).toBe(7)
  clock.advance(1000)
  expect(watch.known()).toBeUndefined()
  expect(answers).toHaveLength(1)
})
