import { createPublicKey, verify } from 'node:crypto'

/** What stands before the 32 bytes of a public key in its DER form. https://www.rfc-editor.org/rfc/rfc8410#section-10.1 */
const derPrefix = Buffer.from('302a300506032b6570032100', 'hex')

/**
 * Whether an Ed25519 signature of 64 bytes is the message's own, by a public key of 32 bytes. Other lengths and bytes that
 * are no key are a no, never an exception: both come out of texts that others wrote.
 */
export function verifyEd25519(publicKey: Buffer, message: Buffer, signature: Buffer): boolean {
  if (publicKey.length !== 32 || signature.length !== 64) return false
  try {
    const key = createPublicKey({ key: Buffer.concat([derPrefix, publicKey]), format: 'der', type: 'spki' })
    return verify(null, message, key, signature)
  } catch {
    return false
  }
}
