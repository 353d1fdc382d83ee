import { createHash, createPrivateKey, createPublicKey, type KeyObject } from 'node:crypto'

/** A public key as `/.well-known/jwks.json` shows it (RFC 8037). */
export interface PublicJwk {
  kty: 'OKP'
  crv: 'Ed25519'
  /** The 32 bytes in base64url. */
  x: string
  use: 'sig'
  alg: 'EdDSA'
  /** The thumbprint of RFC 7638: it is the same wherever the key is the same. */
  kid: string
}

/** The pair that this server signs deliveries with, for those who verify without a secret. */
export interface SigningPair {
  privateKey: KeyObject
  /** As Standard Webhooks writes it: `whpk_` and the 32 bytes in base64. */
  publicKey: string
  jwk: PublicJwk
}

/** What stands before the 32 bytes of a private key in its DER form. https://www.rfc-editor.org/rfc/rfc8410#section-7 */
const derPrefix = Buffer.from('302e020100300506032b657004220420', 'hex')

/** The Ed25519 pair that 32 random bytes stand for: the same bytes are the same pair. */
export function signingPair(seed: Uint8Array): SigningPair {
  const privateKey = createPrivateKey({ key: Buffer.concat([derPrefix, seed]), format: 'der', type: 'pkcs8' })
  const { x = '' } = createPublicKey(privateKey).export({ format: 'jwk' })
  const thumbprint = createHash('sha256').update(JSON.stringify({ crv: 'Ed25519', kty: 'OKP', x }))
  return {
    privateKey,
    publicKey: `whpk_${Buffer.from(x, 'base64url').toString('base64')}`,
    jwk: { kty: 'OKP', crv: 'Ed25519', x, use: 'sig', alg: 'EdDSA', kid: thumbprint.digest('base64url') },
  }
}
