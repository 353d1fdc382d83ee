import fc from 'fast-check'
import { expect, it } from 'vitest'
import { paceOf } from './pace.ts'

/** Runs steps for so long, each begun as late and taking as long as it is told; answers the rows and the largest step. */
function run(perSecond: number, seconds: number, delays: () => number) {
  const { limit, pay } = paceOf(perSecond, 200)
  const turn = { dueAt: 0, paidUntil: 0 }
  let now = 1
  let rows = 0
  while (now < seconds * 1000) {
    now = Math.max(now, turn.dueAt) + delays()
    rows += limit
    now += delays()
    pay(turn, limit, now)
  }
  return { rows, limit }
}

it('a rate is held within 5 % over a minute, though every step is late and takes its time', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 10_000 }),
      fc.array(fc.integer({ min: 0, max: 8 }), { minLength: 1 }),
      (perSecond, delays) => {
        let n = 0
        const { rows, limit } = run(perSecond, 60, () => delays[n++ % delays.length] ?? 0)
        expect(rows - limit).toBeLessThanOrEqual(perSecond * 60 * 1.05)
        expect(rows + limit).toBeGreaterThanOrEqual(perSecond * 60 * 0.95)
      },
    ),
  )
})

it('a step is at most a quarter of a second’s rows, at least one, and what a step without a rate may look at', () => {
  expect([1, 3, 4, 500, 100_000].map((perSecond) => paceOf(perSecond, 200).limit)).toEqual([1, 1, 1, 125, 200])
  expect(paceOf(null, 200).limit).toBe(200)
})

it('what was missed in a long pause is not made up for, beyond a second', () => {
  const { pay } = paceOf(100, 200)
  const turn = { dueAt: 0, paidUntil: 0 }
  pay(turn, 25, 1000)
  expect(turn.dueAt).toBe(1250)
  pay(turn, 25, 60_000)
  expect(turn.dueAt).toBe(59_250)
})

it('without a rate the next step is due at once', () => {
  const turn = { dueAt: 0, paidUntil: 0 }
  paceOf(null, 200).pay(turn, 200, 1234)
  expect(turn.dueAt).toBe(1234)
})
