import { randomBytes } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createSeal, keyId, type Place } from './seal.ts'

const key = randomBytes(32)
const other = randomBytes(32)
const place: Place = { workspace: 'ws_1', table: 'endpoints', row: 'ep_1', column: 'sealed_secret' }
const seal = createSeal(key)

describe('a seal', () => {
  it('opens to what was sealed, whatever text it was', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: 'grapheme', maxLength: 200 }),
        (text) => seal.open(seal.seal(text, place), place) === text,
      ),
    )
  })

  it('tells its version and the name of its key, and nothing of the text', () => {
    const sealed = seal.seal('a secret that must not show', place)
    expect(sealed).toMatch(new RegExp(`^v1\\.${keyId(key)}\\.[\\w-]{16}\\.[\\w-]+$`))
    for (const encoding of ['utf8', 'base64', 'base64url', 'hex'] as const) {
      expect(sealed).not.toContain(Buffer.from('a secret that must not show').toString(encoding).slice(0, 12))
    }
  })

  it('of the same text is another one each time', () => {
    expect(new Set(Array.from({ length: 100 }, () => seal.seal('x', place))).size).toBe(100)
  })

  it.each(['workspace', 'table', 'row', 'column'] as const)('does not open in another %s', (part) => {
    const sealed = seal.seal('x', place)
    expect(() => seal.open(sealed, { ...place, [part]: 'another' })).toThrow()
  })

  it('does not open when any bit of it was changed', () => {
    const [version, id, nonce, body] = seal.seal('x', place).split('.')
    const flips = (text = '') =>
      Array.from({ length: Buffer.from(text, 'base64url').length * 8 }, (_, bit) => {
        const bytes = Buffer.from(text, 'base64url')
        bytes[bit >> 3] = (bytes[bit >> 3] ?? 0) ^ (1 << (bit & 7))
        return bytes.toString('base64url')
      })
    const changed = [
      ...flips(nonce).map((each) => [version, id, each, body].join('.')),
      ...flips(body).map((each) => [version, id, nonce, each].join('.')),
    ]
    expect(changed.length).toBe((12 + 17) * 8)
    for (const each of changed) expect(() => seal.open(each, place)).toThrow()
  })

  it('does not open when it was cut short', () => {
    const sealed = seal.seal('a longer text', place)
    for (let length = 0; length < sealed.length; length++) {
      expect(() => seal.open(sealed.slice(0, length), place)).toThrow()
    }
  })
})

describe('the key', () => {
  it('may be a former one: it opens, and does not seal', () => {
    const old = createSeal(other).seal('x', place)
    const both = createSeal(key, [other])
    expect(both.open(old, place)).toBe('x')
    expect(both.seal('x', place)).toContain(keyId(key))
    expect(() => createSeal(other).open(both.seal('x', place), place)).toThrow()
  })

  it('that is not there is named without being told', () => {
    const sealed = createSeal(other).seal('x', place)
    expect(() => seal.open(sealed, place)).toThrow(
      `sealed value in endpoints.sealed_secret: made with the secret key ${keyId(other)}, which is not configured`,
    )
    expect(keyId(other)).toMatch(/^[0-9a-f]{8}$/)
    expect(other.toString('hex')).not.toContain(keyId(other))
  })

  it('of another version is asked for', () => {
    expect(() => seal.open('v2.a.b.c', place)).toThrow('version "v2" is not v1')
    expect(() => seal.open('', place)).toThrow('version "" is not v1')
  })
})
