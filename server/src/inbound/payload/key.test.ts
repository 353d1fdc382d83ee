import { describe, expect, it } from 'vitest'
import { keyOf } from './key.ts'

describe('a key of a sender’s word', () => {
  it('is the word itself where a column can hold it', () => {
    expect(keyOf('run:', 'run_7f2c')).toBe('run:run_7f2c')
  })

  it('is its hash where it is long or odd, and another one for each word', () => {
    const words = ['', ' ', 'ä', 'a b', 'a\0', '\ud83d', '\ud83e', '\ufffd', 'x'.repeat(252), 'x'.repeat(1_000_000)]
    const keys = words.slice(1).map((word) => keyOf('run:', word))
    for (const key of keys) expect(key).toMatch(/^run:sha256:[0-9a-f]{64}$/)
    expect(new Set(keys).size).toBe(keys.length)
  })
})
