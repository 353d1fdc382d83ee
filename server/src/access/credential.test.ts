import { createHash } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { hashKey, isKey, makeKey } from './credential.ts'

describe('a key', () => {
  it('is osk_ and 48 letters or digits, another one each time', () => {
    const keys = Array.from({ length: 2000 }, makeKey)
    expect(new Set(keys).size).toBe(2000)
    for (const each of keys) {
      expect(each).toMatch(/^osk_[0-9A-Za-z]{48}$/)
      expect(isKey(each)).toBe(true)
    }
  })

  it('uses every letter and digit', () => {
    const seen = new Set(Array.from({ length: 500 }, makeKey).flatMap((each) => [...each.slice(4)]))
    expect(seen.size).toBe(62)
  })

  it.each([
    '',
    'osk_',
    `osk_${'a'.repeat(47)}`,
    `osk_${'a'.repeat(49)}`,
    `OSK_${'a'.repeat(48)}`,
    `osk_${'a'.repeat(47)}-`,
    `osk_${'a'.repeat(48)}\n`,
    ` osk_${'a'.repeat(48)}`,
    `osk_${'é'.repeat(48)}`,
  ])('is not %j', (text) => {
    expect(isKey(text)).toBe(false)
  })

  it('is stored as its SHA-256', () => {
    const key = makeKey()
    expect(hashKey(key)).toBe(createHash('sha256').update(key).digest('hex'))
  })
})
