import { createHmac } from 'node:crypto'
import type { Incoming, Proof, Verdict } from '../source.ts'
import { decodeExactly, type Encoding, isAmong } from './compare.ts'
import { hmacKeys } from './secret.ts'
import { mismatch, refused, soleHeader, verified } from './verdict.ts'

/** How a provider signs the body alone. */
export interface HmacScheme {
  algorithm: keyof typeof digestBytes
  /** The header that holds the signature. */
  header: string
  /** Hex is lower-case and base64 padded: one signature has one spelling, as in the vendors' own SDKs. */
  encoding: Encoding
  /** What stands before the signature, such as `sha256=`. */
  prefix?: string
  /** Set where senders leave the prefix out as well. */
  isPrefixOptional?: true
}

/** How long the digests are. */
export const digestBytes = { sha1: 20, sha256: 32, sha512: 64 } as const

/**
 * The proof of a provider that signs the raw body and nothing else, with the secret's text as the key. No time is signed,
 * so an old request proves itself for ever: the dedupe key has to know it again.
 * @example verify: hmac({ algorithm: 'sha256', header: 'x-hub-signature-256', encoding: 'hex', prefix: 'sha256=' })
 */
export function hmac(scheme: HmacScheme): (request: Incoming, proof: Proof) => Verdict {
  const { algorithm, header, encoding } = scheme
  const length = digestBytes[algorithm]
  const form = formOf(scheme, length)
  return ({ headers, body }, proof) => {
    const sent = soleHeader(headers, header)
    if (typeof sent !== 'string') return sent
    const written = withoutPrefix(sent, scheme)
    const signature = written === undefined ? undefined : decodeExactly(written, encoding, length)
    if (!signature) return refused('MALFORMED_SIGNATURE', `header ${header} is not ${form}`)
    const keys = hmacKeys(proof)
    for (const key of keys) {
      if (isAmong(createHmac(algorithm, key).update(body).digest(), [signature])) return verified
    }
    return mismatch(header, keys.length)
  }
}

function withoutPrefix(sent: string, { prefix = '', isPrefixOptional }: HmacScheme): string | undefined {
  if (sent.startsWith(prefix)) return sent.slice(prefix.length)
  return isPrefixOptional ? sent : undefined
}

function formOf({ encoding, prefix = '', isPrefixOptional }: HmacScheme, length: number): string {
  const form = `${length} bytes in ${encoding}`
  if (prefix === '') return form
  return isPrefixOptional ? `${form}, with or without "${prefix}"` : `"${prefix}" and ${form}`
}
