import type { EventHead } from '@trunkline/sdk'
import { expect, it } from 'vitest'
import { createFeed } from './feed.ts'

const event = (n: number): EventHead => ({
  id: `evt_${n}`,
  type: 'a',
  subject: null,
  sourceId: null,
  requestId: null,
  customer: null,
  orderKey: null,
  receivedAt: '2026-11-22T06:00:00Z',
  erasedAt: null,
  warning: null,
})
const range = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, i) => event(from + i))
const numbers = (events: readonly EventHead[]) => events.map(({ id }) => Number(id.slice(4)))

it('shows the newest first, and of all that came as many as it may', () => {
  const feed = createFeed(3)
  feed.add(range(1, 2))
  expect([numbers(feed.shown()), feed.leftOut()]).toEqual([[2, 1], 0])
  feed.add(range(3, 9))
  expect([numbers(feed.shown()), feed.leftOut()]).toEqual([[9, 8, 7], 6])
})

it('keeps what it shows while it is held, and then shows what has come', () => {
  const feed = createFeed(3)
  feed.add(range(1, 3))
  feed.hold(true)
  feed.add(range(4, 8))
  expect([numbers(feed.shown()), feed.waiting()]).toEqual([[3, 2, 1], 5])
  feed.hold(false)
  expect([numbers(feed.shown()), feed.waiting(), feed.leftOut()]).toEqual([[8, 7, 6], 0, 5])
})

it('takes from the list what was there before, and nothing twice', () => {
  const feed = createFeed(5)
  feed.add(range(4, 5))
  feed.hold(true)
  feed.add(range(6, 6))
  feed.fillUp(range(1, 5).toReversed())
  feed.add(range(5, 6))
  expect(numbers(feed.shown())).toEqual([5, 4, 3, 2, 1])
  feed.hold(false)
  expect(numbers(feed.shown())).toEqual([6, 5, 4, 3, 2])
})
