import { describe, expect, it } from 'vitest'
import { readRateLimit } from './rate-limit.ts'

describe('a limit in words', () => {
  it('is requests a second, or requests in so many seconds', () => {
    expect(readRateLimit('50')).toEqual({ requests: 50, perSeconds: 1 })
    expect(readRateLimit('100/60')).toEqual({ requests: 100, perSeconds: 60 })
    expect(readRateLimit('1000000/86400')).toEqual({ requests: 1_000_000, perSeconds: 86_400 })
  })

  it.each(['', '0', '-1', '1.5', '1/0', '0/1', '1000001', '1/86401', '1/', '/1', '1/2/3', ' 1', 'many', '1e3', '٣'])(
    '%j is none',
    (text) => {
      expect(readRateLimit(text)).toBeUndefined()
    },
  )
})
