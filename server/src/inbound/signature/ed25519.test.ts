import { createPublicKey, generateKeyPairSync, sign, verify } from 'node:crypto'
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { isWeakPublicKey, verifyEd25519 } from './ed25519.ts'

describe('verifyEd25519', () => {
  it('accepts the vectors of RFC 8032', () => {
    // https://www.rfc-editor.org/rfc/rfc8032#section-7.1, tests 2 and 3
    const vectors = [
      [
        '3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c',
        '72',
        '92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00',
      ],
      [
        'fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025',
        'af82',
        '6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a',
      ],
    ]
    for (const [key = '', message = '', signature = ''] of vectors) {
      expect(verifyEd25519(hex(key), hex(message), hex(signature)), message).toBe(true)
      expect(verifyEd25519(hex(key), hex(`${message}00`), hex(signature)), message).toBe(false)
    }
  })

  it('refuses any bit changed in the signature or the message', () => {
    const { publicKey, privateKey } = generateKeyPairSync('ed25519')
    const key = publicKey.export({ format: 'der', type: 'spki' }).subarray(12)
    const message = Buffer.from('msg_1.1769000000.{"hello":"world"}')
    const signature = sign(null, message, privateKey)
    expect(verifyEd25519(key, message, signature)).toBe(true)
    fc.assert(
      fc.property(fc.nat(signature.length * 8 - 1), fc.nat(message.length * 8 - 1), (one, other) => {
        expect(verifyEd25519(key, message, flipped(signature, one))).toBe(false)
        expect(verifyEd25519(key, flipped(message, other), signature)).toBe(false)
      }),
    )
  })

  it('refuses every key that needs no private key to sign for', () => {
    const weak = [
      '00'.repeat(32),
      `01${'00'.repeat(31)}`,
      '26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05',
      'c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a',
      `ec${'ff'.repeat(30)}7f`,
    ]
    // The neutral point and zero: right whenever the key's multiple by the hash is neutral too, once in eight at the least.
    const forged = hex(`01${'00'.repeat(63)}`)
    const messages = Array.from({ length: 100 }, (_, i) => Buffer.from(`message ${i}`))
    for (const text of weak) {
      for (const key of [hex(text), flipped(hex(text), 255)]) {
        expect(isWeakPublicKey(key), text).toBe(true)
        expect(
          messages.some((message) => verifyEd25519(key, message, forged)),
          text,
        ).toBe(false)
      }
      const der = Buffer.concat([hex('302a300506032b6570032100'), hex(text)])
      const unguarded = createPublicKey({ key: der, format: 'der', type: 'spki' })
      expect(
        messages.some((message) => verify(null, message, unguarded, forged)),
        `${text} is no threat`,
      ).toBe(true)
    }
  })

  it('answers no to bytes of any length that are no key and no signature', () => {
    fc.assert(
      fc.property(bytes(), bytes(), bytes(), (key, message, signature) => {
        expect(verifyEd25519(Buffer.from(key), Buffer.from(message), Buffer.from(signature))).toBe(false)
      }),
    )
  })
})

const bytes = () => fc.oneof(fc.uint8Array({ maxLength: 70 }), fc.uint8Array({ minLength: 32, maxLength: 32 }))
const hex = (text: string) => Buffer.from(text, 'hex')

function flipped(bytes: Buffer, bit: number): Buffer {
  const copy = Buffer.from(bytes)
  copy[bit >> 3] = (copy[bit >> 3] ?? 0) ^ (1 << (bit & 7))
  return copy
}
