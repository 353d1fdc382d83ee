import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { decode, decodeExactly, isAmong } from './compare.ts'

describe('decode', () => {
  it('reads back whatever was written the right way', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 80 }), fc.constantFrom('hex', 'base64'), (array, encoding) => {
        const bytes = Buffer.from(array)
        expect(decode(bytes.toString(encoding), encoding)?.equals(bytes)).toBe(true)
      }),
    )
  })

  it('refuses what Buffer.from would forgive', () => {
    for (const text of ['zz', 'abc', 'ab ', 'AB', '0xab', 'ab\u0100', 'abzz']) {
      expect(decode(text, 'hex'), text).toBeUndefined()
    }
    for (const text of ['YQ', 'YR==', 'YQ===', 'YQ==YQ==', 'Y Q==', '_-8=', 'YQ==\n', '!', 'é']) {
      expect(decode(text, 'base64'), text).toBeUndefined()
    }
  })
})

describe('decodeExactly', () => {
  it('takes that many bytes and no other', () => {
    for (const length of [20, 32, 64]) {
      for (const encoding of ['hex', 'base64'] as const) {
        const written = (bytes: number) => Buffer.alloc(bytes, 7).toString(encoding)
        expect(decodeExactly(written(length), encoding, length)?.length).toBe(length)
        for (const other of [0, length - 1, length + 1, length * 2]) {
          expect(decodeExactly(written(other), encoding, length), `${other} of ${length}`).toBeUndefined()
        }
      }
    }
  })
})

describe('isAmong', () => {
  const expected = Buffer.alloc(32, 1)

  it('finds the expected bytes wherever they stand', () => {
    const other = Buffer.alloc(32, 2)
    expect(isAmong(expected, [Buffer.from(expected)])).toBe(true)
    expect(isAmong(expected, [other, Buffer.from(expected)])).toBe(true)
    expect(isAmong(expected, [Buffer.from(expected), other])).toBe(true)
    expect(isAmong(expected, [other, other])).toBe(false)
    expect(isAmong(expected, [])).toBe(false)
  })

  it('takes bytes of another length for wrong, and throws nothing', () => {
    for (const length of [0, 1, 31, 33, 64]) expect(isAmong(expected, [Buffer.alloc(length, 1)])).toBe(false)
    expect(isAmong(Buffer.alloc(0), [Buffer.alloc(0)])).toBe(true)
  })
})
