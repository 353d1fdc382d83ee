import { describe, expect, it } from 'vitest'
import { forecastOf, shownBytes } from './forecast.ts'
import type { Amount, Held, Sizes } from './retention-store.ts'

const dayMs = 24 * 60 * 60 * 1000
const now = 1_800_000_000_000
const keep = { bodiesDays: 30, recordsDays: 90, quarantineDays: 7 }

const none: Amount = { rows: 0, recordBytes: 0, bodyBytes: 0 }

/** Ten days old: a hundred thousand rows a day, 1 kB of body and 200 bytes of record each. */
const tenDays: Held = {
  table: 'requests',
  rows: 1_000_000,
  recordBytes: 200_000_000,
  bodyBytes: 1_000_000_000,
  oldestAt: now - 10 * dayMs,
  perDay: { rows: 100_000, recordBytes: 20_000_000, bodyBytes: 100_000_000 },
  apart: { ...none, perDay: none },
}
const sizes = (over: Partial<Sizes> = {}): Sizes => ({
  tables: [tenDays],
  databaseBytes: 1_200_000_000,
  reusableBytes: 0,
  ...over,
})

describe('what the database will come to', () => {
  it('is what comes in the days that it is kept, once the oldest of it is that old', () => {
    const forecast = forecastOf(sizes(), keep, now, 100e9)
    expect(forecast.classes).toMatchObject([
      { name: 'bodies', bytes: 1e9, keptDays: 30, comesTo: { bytes: 3e9, inDays: 20 } },
      { name: 'records', bytes: 2e8, keptDays: 90, comesTo: { bytes: 1.8e9, inDays: 80 } },
      { name: 'successes', bytes: 0, keptDays: 90, comesTo: { bytes: 0, inDays: 0 } },
      { name: 'quarantine', bytes: 0, keptDays: 7, comesTo: { bytes: 0, inDays: 0 } },
      { name: 'dedupe-keys', bytes: 0, keptDays: 30, comesTo: { bytes: 0, inDays: 0 } },
    ])
    expect(forecast.comesTo).toEqual({ bytes: 4.8e9, inDays: 80 })
    expect(forecast.sentences).toEqual(['At this rate the database will be 4.8 GB in 80 days and stay there.'])
  })

  it('keeps what was refused and what succeeded for times of their own, and their bodies no longer', () => {
    const half = { rows: 50_000, recordBytes: 10_000_000, bodyBytes: 50_000_000 }
    const apart = { rows: 500_000, recordBytes: 100_000_000, bodyBytes: 500_000_000, perDay: half }
    const tables: Held[] = [
      { ...tenDays, apart },
      { ...tenDays, table: 'attempts', apart },
    ]
    const come = (successesDays: number) =>
      Object.fromEntries(
        forecastOf(sizes({ tables }), { ...keep, successesDays }, now, null).classes.map(({ name, comesTo }) => [
          name,
          comesTo?.bytes,
        ]),
      )
    const quarantine = 7 * 60e6
    expect(come(5)).toMatchObject({ bodies: 30 * 100e6, records: 90 * 20e6, successes: 5 * 60e6, quarantine })
    // Longer than bodies are kept.
    expect(come(60)).toMatchObject({ bodies: 30 * 150e6, records: 90 * 20e6, successes: 60 * 10e6, quarantine })
  })

  it('counts the indexes and what pages waste', () => {
    expect(forecastOf(sizes({ databaseBytes: 2_400_000_000 }), keep, now, null).comesTo?.bytes).toBe(9.6e9)
  })

  it('never ends where something is kept for ever, and says how long the disk lasts', () => {
    const forecast = forecastOf(sizes(), { ...keep, bodiesDays: 0, recordsDays: 0 }, now, 1.2e9)
    expect(forecast.comesTo).toBeNull()
    expect(forecast.sentences).toEqual([
      'The database grows by about 120 MB a day, and never stops: something is kept for ever.',
      'The 1.2 GB that are free are full in 10 days.',
    ])
  })

  it('says when the disk is too small for it', () => {
    expect(forecastOf(sizes(), keep, now, 1.2e9).sentences[1]).toBe(
      'That is 2.4 GB more than there is room for: the disk is full in 10 days. Keep less, or give it a larger disk.',
    )
  })

  it('has come to rest when the oldest is as old as it may be', () => {
    const old = { ...tenDays, oldestAt: now - 90 * dayMs, bodyBytes: 3e9, recordBytes: 1.8e9 }
    expect(forecastOf(sizes({ tables: [old], databaseBytes: 4.8e9 }), keep, now, null).sentences).toEqual([
      'At this rate the database stays at about 4.8 GB.',
    ])
  })

  it('is no less than the empty tables', () => {
    const perDay = { rows: 10, recordBytes: 3_000, bodyBytes: 0 }
    const small = { ...tenDays, rows: 100, recordBytes: 30_000, bodyBytes: 0, perDay }
    const { comesTo } = forecastOf(sizes({ tables: [small], databaseBytes: 11_045_000 }), keep, now, null)
    // 11 MB of empty tables, and 90 days with half as much again.
    expect(comesTo).toEqual({ bytes: 11_000_000 + 90 * 3_000 * 1.5, inDays: 80 })
  })

  it('is nothing where nothing comes in', () => {
    const forecast = forecastOf(sizes({ tables: [], databaseBytes: 400_000 }), keep, now, null)
    expect(forecast).toMatchObject({ perDayBytes: 0, comesTo: { bytes: 400_000, inDays: 0 } })
    expect(forecast.sentences).toEqual(['Nothing has come in lately, so the database does not grow.'])
  })
})

it.each([
  [0, '0 bytes'],
  [999, '999 bytes'],
  [1500, '1.5 kB'],
  [4_100_000_000, '4.1 GB'],
  [120_000_000, '120 MB'],
  [5e15, '5000 TB'],
])('%d bytes are shown as %s', (bytes, shown) => expect(shownBytes(bytes)).toBe(shown))
