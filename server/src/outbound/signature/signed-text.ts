import { createHash, hash } from 'node:crypto'
import type { SignedText } from '../delivery/delivery.ts'
import type { SignatureDialect } from '../endpoint/endpoint.ts'

/** A text in one piece, or in two where it would cost more to join them. */
export type Pieces = readonly Uint8Array[]

/** Up to here a body is copied behind what is signed with it; a copy of a large one would only fill the memory. */
const joinedBytes = 64 * 1024

/** The texts that an attempt signs, at a time in milliseconds: each is made when it is first asked for. */
export class SignedTexts {
  readonly timestamp: number
  /** The same as it is signed and sent. */
  readonly seconds: string
  readonly body: Uint8Array
  readonly #eventId: string
  #standard: Pieces | undefined
  #timed: Pieces | undefined

  constructor(eventId: string, atMs: number, body: Uint8Array) {
    this.timestamp = Math.floor(atMs / 1000)
    this.seconds = String(this.timestamp)
    this.body = body
    this.#eventId = eventId
  }

  /** `id.timestamp.body` */
  get standard(): Pieces {
    this.#standard ??= behind(`${this.#eventId}.${this.seconds}.`, this.body)
    return this.#standard
  }

  /** `timestamp.body` */
  get timed(): Pieces {
    this.#timed ??= behind(`${this.seconds}.`, this.body)
    return this.#timed
  }
}

/** Ids and digits have a byte for each character. */
function behind(head: string, body: Uint8Array): Pieces {
  if (body.length > joinedBytes) return [Buffer.from(head), body]
  const text = Buffer.allocUnsafe(head.length + body.length)
  text.write(head, 'latin1')
  text.set(body, head.length)
  return [text]
}

/**
 * The digest of the exact text that is signed in a dialect. Somebody whose verification fails compares it with the digest of
 * what he has verified, and sees who changed a byte.
 */
export function digestOf(texts: SignedTexts, dialect: SignatureDialect): SignedText {
  return { timestamp: texts.timestamp, sha256: sha256(textOf(texts, dialect)) }
}

function sha256(pieces: Pieces): string {
  const [only] = pieces
  if (pieces.length === 1 && only) return hash('sha256', only)
  const digest = createHash('sha256')
  for (const piece of pieces) digest.update(piece)
  return digest.digest('hex')
}

function textOf(texts: SignedTexts, dialect: SignatureDialect): Pieces {
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
      return [texts.body]
  }
}
