import { createPublicKey, verify } from 'node:crypto'

/** What stands before the 32 bytes of a public key in its DER form. https://www.rfc-editor.org/rfc/rfc8410#section-10.1 */
const derPrefix = Buffer.from('302a300506032b6570032100', 'hex')

/**
 * The points of small order, without their sign bit, in every way to write them. A "signature" for one of these keys can be
 * made without a private key, and OpenSSL accepts it. https://eprint.iacr.org/2020/1244 (Taming the many EdDSAs)
 */
const smallOrder: ReadonlySet<string> = new Set([
  '00'.repeat(32),
  `01${'00'.repeat(31)}`,
  '26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05',
  'c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a',
  `ec${'ff'.repeat(30)}7f`,
  `ed${'ff'.repeat(30)}7f`,
  `ee${'ff'.repeat(30)}7f`,
])

/**
 * Whether an Ed25519 signature of 64 bytes is the message's own, by a public key of 32 bytes. Other lengths, bytes that are no
 * key and keys that anybody could sign for are a no, never an exception: they come out of texts that others wrote.
 */
export function verifyEd25519(publicKey: Buffer, message: Buffer, signature: Buffer): boolean {
  if (publicKey.length !== 32 || signature.length !== 64 || isWeakPublicKey(publicKey)) return false
  try {
    const key = createPublicKey({ key: Buffer.concat([derPrefix, publicKey]), format: 'der', type: 'spki' })
    return verify(null, message, key, signature)
  } catch {
    return false
  }
}

/** Whether anybody could sign for a public key of 32 bytes. */
export function isWeakPublicKey(publicKey: Buffer): boolean {
  const unsigned = Buffer.from(publicKey)
  unsigned[31] = (unsigned[31] ?? 0) & 0x7f
  return smallOrder.has(unsigned.toString('hex'))
}
