import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { dedupeKey } from './dedupe.ts'

const secret = Buffer.alloc(32, 1)

describe('the hash of a provider’s id', () => {
  it('has 63 bits, whatever the id is', () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), (source, key) => {
        const { hash } = dedupeKey(secret, source, key)
        return /^\d{1,19}$/.test(hash) && BigInt(hash) < 2n ** 63n
      }),
    )
  })

  it('uses all of them', () => {
    const hashes = Array.from({ length: 500 }, (_, i) => BigInt(dedupeKey(secret, 'src_1', String(i)).hash))
    for (let bit = 0n; bit < 63n; bit++) {
      const ones = hashes.filter((each) => (each >> bit) & 1n).length
      expect(ones).toBeGreaterThan(150)
      expect(ones).toBeLessThan(350)
    }
  })

  it('is the same each time, and another one for another source, id or server', () => {
    const hash = (s: Buffer, source: string, key: string) => dedupeKey(s, source, key).hash
    expect(hash(secret, 'src_1', 'evt')).toBe(hash(secret, 'src_1', 'evt'))
    const all = [
      hash(secret, 'src_1', 'evt'),
      hash(secret, 'src_2', 'evt'),
      hash(secret, 'src_1', 'evt2'),
      hash(secret, 'src_1', 'Evt'),
      hash(secret, 'src_', '1evt'),
      hash(Buffer.alloc(32, 2), 'src_1', 'evt'),
    ]
    expect(new Set(all).size).toBe(all.length)
  })

  it('stands beside the id itself, which decides', () => {
    expect(dedupeKey(secret, 'src_1', 'evt_1').key).toBe('evt_1')
  })
})
