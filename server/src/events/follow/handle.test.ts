import { expect, it } from 'vitest'
import { sum } from './handle.ts'

const piece = (lane: string, fresh: readonly unknown[]) => ({ lanes: [lane], made: 1, requests: [], fresh })

it('what several pieces of work have made goes to nobody unasked: of a lane, each knows only its own part', () => {
  expect(sum([piece('a', [1])])).toEqual({ lanes: ['a'], made: 1, requests: [], fresh: [1] })
  expect(sum([piece('a', [1]), piece('a', [2]), piece('b', [])])).toEqual({ lanes: ['a', 'b'], made: 3, requests: [] })
})
