import { expect, it } from 'vitest'
import { distance } from './time.ts'

const now = Date.parse('2026-11-22T06:00:00Z')

it.each([
  [-1, 'just now'],
  [1, 'now'],
  [-12, '12 s ago'],
  [12, 'in 12 s'],
  [-59.9, '59 s ago'],
  [240, 'in 4 min'],
  [-3 * 3600, '3 h ago'],
  [25 * 3600, 'in 1 day'],
  [-50 * 3600, '2 days ago'],
])('says of a moment %s s away: %s', (seconds, words) => {
  expect(distance(now + seconds * 1000, now)).toBe(words)
})
