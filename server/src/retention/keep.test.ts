import { describe, expect, it } from 'vitest'
import { deliveriesKeptSince, keptDays, lineOf } from './keep.ts'

const dayMs = 24 * 60 * 60 * 1000
const now = 1000 * dayMs
const keep = { bodiesDays: 30, recordsDays: 90, quarantineDays: 7 }

describe('what is kept', () => {
  it('is old by its class, and never where it is kept for ever', () => {
    expect(lineOf('event-data', keep, now)).toBe(now - 30 * dayMs)
    expect(lineOf('deliveries', keep, now)).toBe(now - 90 * dayMs)
    expect(lineOf('deliveries', { ...keep, recordsDays: 0 }, now)).toBeUndefined()
    expect(lineOf('dedupe-keys', keep, now)).toBe(now)
  })

  it('is gone sooner if it succeeded, where that is asked for', () => {
    expect(lineOf('succeeded', keep, now)).toBeUndefined()
    expect(keptDays('succeeded', keep)).toBe(90)
    const less = { ...keep, successesDays: 7 }
    expect(lineOf('succeeded', less, now)).toBe(now - 7 * dayMs)
    expect(lineOf('deliveries', less, now)).toBe(now - 90 * dayMs)
    expect(lineOf('succeeded', { ...less, recordsDays: 0 }, now)).toBe(now - 7 * dayMs)
  })

  it('tells which events have never had a delivery: those whose successes would still be there', () => {
    const hourMs = 60 * 60 * 1000
    expect(deliveriesKeptSince(keep, now)).toBe(now - 90 * dayMs + hourMs)
    expect(deliveriesKeptSince({ ...keep, successesDays: 7 }, now)).toBe(now - 7 * dayMs + hourMs)
    expect(deliveriesKeptSince({ ...keep, recordsDays: 0 }, now)).toBe(0)
  })
})
