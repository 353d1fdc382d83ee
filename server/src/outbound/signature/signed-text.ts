import { hash } from 'node:crypto'
import type { SignedText } from '../delivery/delivery.ts'
import type { SignatureDialect } from '../endpoint/endpoint.ts'

/** The texts that an attempt signs, at a time in milliseconds: each is made when it is first asked for. */
export class SignedTexts {
  readonly timestamp: number
  /** The same as it is signed and sent. */
  readonly seconds: string
  readonly body: Uint8Array
  readonly #eventId: string
  #standard: Uint8Array | undefined
  #timed: Uint8Array | undefined

  constructor(eventId: string, atMs: number, body: Uint8Array) {
    this.timestamp = Math.floor(atMs / 1000)
    this.seconds = String(this.timestamp)
    this.body = body
    this.#eventId = eventId
  }

  /** `id.timestamp.body` */
  get standard(): Uint8Array {
    this.#standard ??= joined(`${this.#eventId}.${this.seconds}.`, this.body)
    return this.#standard
  }

  /** `timestamp.body` */
  get timed(): Uint8Array {
    this.#timed ??= joined(`${this.seconds}.`, this.body)
    return this.#timed
  }
}

/** Ids and digits have a byte for each character. */
function joined(head: string, body: Uint8Array): Uint8Array {
  const text = Buffer.allocUnsafe(head.length + body.length)
  text.write(head, 'latin1')
  text.set(body, head.length)
  return text
}

/**
 * The digest of the exact text that is signed in a dialect. Somebody whose verification fails compares it with the digest of
 * what he has verified, and sees who changed a byte.
 */
export function digestOf(texts: SignedTexts, dialect: SignatureDialect): SignedText {
  return { timestamp: texts.timestamp, sha256: hash('sha256', textOf(texts, dialect)) }
}

function textOf(texts: SignedTexts, dialect: SignatureDialect): Uint8Array {
  switch (dialect) {
    case 'standard':
    case 'ed25519':
    case 'svix':
      return texts.standard
    case 'stripe':
    case 'opencom':
    case 'remotedev':
      return texts.timed
    case 'github':
      return texts.body
  }
}
