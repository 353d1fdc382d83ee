import { createHash } from 'node:crypto'
import type { SignedText } from '../delivery/delivery.ts'
import type { SignatureDialect } from '../endpoint/endpoint.ts'

/**
 * The digest of the exact text that an attempt signed, at a time in milliseconds: of the first dialect, when there are several.
 * Somebody whose verification fails compares it with the digest of what he has verified, and sees who changed a byte.
 */
export function signedText(eventId: string, atMs: number, body: Uint8Array, dialect: SignatureDialect): SignedText {
  const timestamp = Math.floor(atMs / 1000)
  const hash = createHash('sha256')
  const head = headOf(dialect, eventId, timestamp)
  if (head !== '') hash.update(head)
  return { timestamp, sha256: hash.update(body).digest('hex') }
}

/** What stands before the body in the text that is signed. */
function headOf(dialect: SignatureDialect, eventId: string, timestamp: number): string {
  switch (dialect) {
    case 'standard':
    case 'ed25519':
    case 'svix':
      return `${eventId}.${timestamp}.`
    case 'stripe':
    case 'opencom':
    case 'remotedev':
      return `${timestamp}.`
    case 'github':
      return ''
  }
}
