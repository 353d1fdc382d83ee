import { createPublicKey, verify } from 'node:crypto'

export const ed25519KeyBytes = 32
export const ed25519SignatureBytes = 64

/**
 * Whether an Ed25519 signature of a message was made with the private key of that raw public key. False for a key or a
 * signature of another length, and for a key that anyone can sign for; it never throws.
 */
export function isSignedWith(publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean {
  if (signature.length !== ed25519SignatureBytes || !isSoundKey(publicKey)) return false
  const x = Buffer.from(publicKey).toString('base64url')
  const key = createPublicKey({ format: 'jwk', key: { kty: 'OKP', crv: 'Ed25519', x } })
  return verify(null, message, key, signature)
}

/**
 * Whether 32 bytes may stand for a public key. The points of small order may not: with one of them as the key, a signature
 * that anyone can write down fits every message or many, and OpenSSL checks it without a word.
 */
export function isSoundKey(publicKey: Uint8Array): boolean {
  if (publicKey.length !== ed25519KeyBytes) return false
  const point = Buffer.from(publicKey)
  // The last bit tells the sign of x, and both signs are of the same order.
  point[31] = (point[31] ?? 0) & 0x7f
  return !smallOrder.has(point.toString('hex'))
}

/** Every y of a point of small order, little-endian, the spellings at and above the prime among them: as in libsodium. */
const smallOrder: ReadonlySet<string> = new Set([
  `${'00'.repeat(32)}`,
  `01${'00'.repeat(31)}`,
  '26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05',
  'c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a',
  `ec${'ff'.repeat(30)}7f`,
  `ed${'ff'.repeat(30)}7f`,
  `ee${'ff'.repeat(30)}7f`,
])
