import type { Job } from '@trunkline/sdk'
import { expect, it } from 'vitest'
import { countWords, progressWords, spaced } from './words.ts'

const now = Date.parse('2026-11-22T06:00:00Z')
const job: Job = {
  id: 'job_1',
  customer: null,
  kind: 'reprocess',
  status: 'running',
  args: {},
  count: 100_000,
  isAtLeast: false,
  counts: { looked: 43_210, appended: 12, failed: 0, withoutBody: 3 },
  share: 0.432,
  perSecond: null,
  speed: 487.3,
  endsAt: new Date(now + 120_000).toISOString(),
  error: null,
  createdAt: new Date(now).toISOString(),
  updatedAt: new Date(now).toISOString(),
  endedAt: null,
}

it('says how far a job has come, how fast it is, and when it will be done', () => {
  expect(progressWords(job, now)).toBe('43,210 of 100,000 looked at · 487 a second · done in 2 min')
  expect(progressWords({ ...job, count: 50_000, isAtLeast: true, endsAt: null }, now)).toBe(
    '43,210 of at least 50,000 looked at · 487 a second',
  )
  expect(progressWords({ ...job, status: 'paused', count: null }, now)).toBe('43,210 looked at')
})

it('says what a job has met, and nothing of what it has not', () => {
  expect(countWords(job)).toBe('12 appended, 3 without body')
  expect(spaced('erase-customer')).toBe('erase customer')
})
