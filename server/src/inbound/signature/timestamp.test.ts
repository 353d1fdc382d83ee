import { describe, expect, it } from 'vitest'
import { parseSeconds, timeFault } from './timestamp.ts'

describe('parseSeconds', () => {
  it('reads 1 to 15 digits and nothing else', () => {
    expect(parseSeconds('1769000000')).toBe(1_769_000_000)
    expect(parseSeconds('0')).toBe(0)
    expect(parseSeconds('9'.repeat(15))).toBe(999_999_999_999_999)
    const wrong = ['', ' ', '-1', '+1', '1.0', '1.', '1e3', '0x1', 'NaN', 'Infinity', '1\n', '1 ', '१', '9'.repeat(16)]
    for (const text of wrong) expect(parseSeconds(text), JSON.stringify(text)).toBeUndefined()
  })
})

describe('timeFault', () => {
  const now = 1_769_000_000_999

  it('allows the tolerance in both directions, to the second', () => {
    for (const away of [-300, -1, 0, 1, 300]) expect(timeFault(1_769_000_000 + away, now, 300)).toBeUndefined()
    expect(timeFault(1_769_000_000 - 301, now, 300)).toEqual({ cause: 'STALE', secondsAway: 301 })
    expect(timeFault(1_769_000_000 + 301, now, 300)).toEqual({ cause: 'FROM_FUTURE', secondsAway: 301 })
  })

  it('fails closed when anything is not a number', () => {
    expect(timeFault(Number.NaN, now, 300)?.cause).toBe('STALE')
    expect(timeFault(1_769_000_000, Number.NaN, 300)?.cause).toBe('STALE')
    expect(timeFault(1_769_000_000, now, Number.NaN)?.cause).toBe('STALE')
  })
})
