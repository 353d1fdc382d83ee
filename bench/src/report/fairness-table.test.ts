import { expect, it } from 'vitest'
import type { Measured } from '../measure/window.ts'
import { fairnessTable } from './fairness-table.ts'

it('says how many times as long the rest wait, in each round by itself', () => {
  const measured = (p50: number, p99: number, perSecond: number): Measured => ({
    ...{ perSecond: 200, cpuUs: undefined, deliveryMs: { p50, p99 } },
    crowd: { perSecond, firstMs: 30 },
  })
  const cell = { part: 'h' as const, run: () => Promise.reject(new Error('it is not run')) }
  const lines = [
    { cell: { ...cell, name: 'alone', beside: [] }, rounds: [measured(2, 10, 0), measured(4, 20, 0)] },
    { cell: { ...cell, name: 'crowded', beside: ['alone'] }, rounds: [measured(2.2, 12, 500), measured(4, 26, 480)] },
  ]
  const [, , alone, crowded] = fairnessTable(lines).split('\n')
  expect(alone).toBe('| alone | 3.0 (2.0–4.0) / 15.0 (10.0–20.0) | – | – | 30.0 | – |')
  expect(crowded).toBe(
    '| crowded | 3.1 (2.2–4.0) / 19.0 (12.0–26.0) | 1.05 (1.00–1.10) | 1.25 (1.20–1.30) | 30.0 | 490 (480–500) |',
  )
})
