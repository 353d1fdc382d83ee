import { expect, it } from 'vitest'
import { distance, took } from './time.ts'

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

it.each([
  [0, '0 ms'],
  [0.4178, '0.42 ms'],
  [7.5, '7.5 ms'],
  [86.6, '87 ms'],
  [1430, '1.4 s'],
  [200_000, '3 min'],
])('says of %d ms: %s', (ms, words) => {
  expect(took(ms)).toBe(words)
})
