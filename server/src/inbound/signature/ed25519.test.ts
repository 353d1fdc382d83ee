import { createPublicKey, generateKeyPairSync, sign, verify } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { isSignedWith, isSoundKey } from './ed25519.ts'

const message = Buffer.from('a message')
const { publicKey, privateKey } = generateKeyPairSync('ed25519')
const raw = Buffer.from(publicKey.export({ format: 'jwk' }).x ?? '', 'base64url')
const signature = sign(null, message, privateKey)

describe('an Ed25519 signature', () => {
  it('of RFC 8032’s second and third examples is right', () => {
    // https://www.rfc-editor.org/rfc/rfc8032#section-7.1
    const examples = [
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
    ] as const
    for (const [key, text, signed] of examples) {
      const [keyBytes, textBytes, signedBytes] = [key, text, signed].map((hex) => Buffer.from(hex, 'hex')) as [
        Buffer,
        Buffer,
        Buffer,
      ]
      expect(isSignedWith(keyBytes, textBytes, signedBytes)).toBe(true)
      expect(isSignedWith(keyBytes, message, signedBytes)).toBe(false)
    }
  })

  it('is wrong for another message, another key, or with any byte changed', () => {
    expect(isSignedWith(raw, message, signature)).toBe(true)
    expect(isSignedWith(raw, Buffer.from('a massage'), signature)).toBe(false)
    const other = generateKeyPairSync('ed25519').publicKey.export({ format: 'jwk' }).x ?? ''
    expect(isSignedWith(Buffer.from(other, 'base64url'), message, signature)).toBe(false)
    for (let at = 0; at < signature.length; at++) {
      const changed = Buffer.from(signature)
      changed[at] = (changed[at] ?? 0) ^ 1
      expect(isSignedWith(raw, message, changed), `byte ${at}`).toBe(false)
    }
  })

  it('is wrong, and throws nothing, for keys and signatures of another length', () => {
    for (const length of [0, 1, 31, 33, 64]) {
      expect(isSignedWith(Buffer.alloc(length, 7), message, signature), `a key of ${length} bytes`).toBe(false)
    }
    for (const length of [0, 32, 63, 65, 128]) {
      expect(isSignedWith(raw, message, Buffer.alloc(length, 7)), `a signature of ${length} bytes`).toBe(false)
    }
    expect(isSignedWith(Buffer.alloc(32, 0xab), message, signature), 'a key that is no point').toBe(false)
  })

  it('is the one that was made, not that number plus the order of the group', () => {
    const order = 2n ** 252n + 27742317777372353535851937790883648493n
    const number = BigInt(`0x${Buffer.from(signature.subarray(32)).reverse().toString('hex')}`) + order
    const twin = Buffer.from(number.toString(16).padStart(64, '0'), 'hex').reverse()
    expect(isSignedWith(raw, message, Buffer.concat([signature.subarray(0, 32), twin]))).toBe(false)
  })
})

describe('a public key of small order', () => {
  const identity = Buffer.from(`01${'00'.repeat(31)}`, 'hex')
  const forged = Buffer.concat([identity, Buffer.alloc(32)])

  it('would let anyone sign anything, if it were let through', () => {
    const key = createPublicKey({
      format: 'jwk',
      key: { kty: 'OKP', crv: 'Ed25519', x: identity.toString('base64url') },
    })
    expect(verify(null, message, key, forged)).toBe(true)
    expect(isSignedWith(identity, message, forged)).toBe(false)
  })

  it('is known in each of its spellings', () => {
    const prime = 2n ** 255n - 19n
    const eighth = BigInt('0x05fc536d880238b13933c6d305acdfd5f098eff289f4c345b027b2c28f95e826')
    for (const y of [0n, 1n, prime - 1n, prime, prime + 1n, eighth, prime - eighth]) {
      for (const sign of [0n, 1n]) {
        const number = (y + sign * 2n ** 255n).toString(16).padStart(64, '0')
        expect(isSoundKey(Buffer.from(number, 'hex').reverse()), number).toBe(false)
      }
    }
    expect(isSoundKey(raw)).toBe(true)
    expect(isSoundKey(raw.subarray(1))).toBe(false)
  })
})
