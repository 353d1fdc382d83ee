import { createHmac } from 'node:crypto'
import type { Headers, Incoming, Proof, Verdict } from '../source.ts'
import { decodeExactly, type Encoding, isAmong } from './compare.ts'
import { digestBytes } from './hmac.ts'
import { hmacKeys } from './secret.ts'
import { parseSeconds } from './timestamp.ts'
import { mismatch, type Refused, refused, soleHeader, verified, verifiedInTime } from './verdict.ts'

/** How a sender signs, as its operator tells us. */
export interface TemplateScheme {
  /** The header that holds the signature. */
  header: string
  algorithm: keyof typeof digestBytes
  encoding: Encoding
  /** What stands before the signature, such as `sha256=`. */
  prefix: string
  /** What is signed: `{body}`, and if the sender signs more, `{id}`, `{timestamp}` and `{url}`, with the text between them. */
  signed: string
  timestampHeader?: string | undefined
  timestampUnit: 'seconds' | 'milliseconds'
  /** How far the signed time may be from ours, either way. */
  toleranceSeconds: number
  idHeader?: string | undefined
}

/**
 * The proof of a sender that signs a text made of its body and what stands in its headers.
 * @example hmacTemplate({ header: 'x-signature', signed: '{id}.{timestamp}.{body}', … })(request, proof)
 */
export function hmacTemplate(
  scheme: TemplateScheme,
): (request: Incoming, proof: Pick<Proof, 'secrets' | 'keys' | 'now'>) => Verdict {
  const { header, algorithm, encoding, prefix, toleranceSeconds, timestampHeader = '' } = scheme
  const length = digestBytes[algorithm]
  const form = `${prefix === '' ? '' : `"${prefix}" and `}${length} bytes in ${encoding}`
  return (request, proof) => {
    const sent = soleHeader(request.headers, header)
    if (typeof sent !== 'string') return sent
    const signature = sent.startsWith(prefix) ? decodeExactly(sent.slice(prefix.length), encoding, length) : undefined
    if (!signature) return refused('MALFORMED_SIGNATURE', `header ${header} is not ${form}`)
    const found = signedParts(request, scheme)
    if ('kind' in found) return found
    const keys = hmacKeys(proof)
    const isGenuine = keys.some((key) => {
      const expected = createHmac(algorithm, key)
      for (const part of found.parts) expected.update(part)
      return isAmong(expected.digest(), [signature])
    })
    if (!isGenuine) return mismatch(header, keys.length)
    return found.seconds === undefined
      ? verified
      : verifiedInTime(timestampHeader, found.seconds, proof.now, toleranceSeconds)
  }
}

/** What is wrong with a template, in one sentence, or undefined. */
export function templateFault({
  signed,
  timestampHeader,
  idHeader,
}: Pick<TemplateScheme, 'signed' | 'timestampHeader' | 'idHeader'>): string | undefined {
  const names = placeholders(signed)
  const unknown = names.find((name) => !known.has(name))
  if (unknown !== undefined) return `a part in braces is none of ${[...known].join(', ')}`
  if (!/^[ -~]*$/.test(signed)) return 'the text between the parts has to be visible ASCII'
  if (new Set(names).size < names.length) return 'each part may be signed once only'
  if (!names.includes('{body}')) return '{body} has to be signed'
  // The URL is the same in every request, so bytes cannot move between it and the body unnoticed.
  const inner = pieces(signed.replace('{url}{body}', '{body}')).slice(1, -1)
  if (inner.some((piece) => !piece.startsWith('{') && !/[^A-Za-z0-9]/.test(piece))) {
    return 'between two parts there has to be a character that is no letter and no digit, or bytes could move from one to the other'
  }
  if (names.includes('{timestamp}') !== (timestampHeader !== undefined)) {
    return '{timestamp} and timestampHeader go together: a time that is not signed proves nothing'
  }
  if (names.includes('{id}') && idHeader === undefined) return '{id} needs idHeader'
  return undefined
}

const known: ReadonlySet<string> = new Set(['{id}', '{timestamp}', '{url}', '{body}'])

const placeholders = (signed: string): string[] => signed.match(/\{[^}]*\}/g) ?? []

/** The texts and the placeholders of a template, in turn: `v0:{timestamp}:{body}` is `v0:`, `{timestamp}`, `:`, `{body}` and an empty text. */
const pieces = (signed: string): string[] => signed.split(/(\{[^}]*\})/)

interface SignedParts {
  parts: (Buffer | string)[]
  /** The time that is signed, for schemes that sign one. */
  seconds?: number
}

function signedParts(request: Incoming, scheme: TemplateScheme): SignedParts | Refused {
  const found: SignedParts = { parts: [] }
  for (const piece of pieces(scheme.signed)) {
    const part = partFor(piece, request, scheme)
    if (typeof part === 'object' && 'kind' in part) return part
    found.parts.push(typeof part === 'string' ? Buffer.from(part, 'latin1') : part)
    if (piece === '{timestamp}') found.seconds = secondsOf(String(part), scheme)
  }
  return found
}

function partFor(piece: string, request: Incoming, scheme: TemplateScheme): Buffer | string | Refused {
  switch (piece) {
    case '{body}':
      return request.body
    case '{url}':
      return urlOf(request, scheme)
    case '{timestamp}':
      return timeOf(request.headers, scheme)
    case '{id}':
      return idOf(request.headers, scheme)
    default:
      return piece
  }
}

/** With a query behind it the URL would be a text of the sender's choosing, into which bytes of the body could move. */
function urlOf({ address }: Incoming, { header }: TemplateScheme): string | Refused {
  return address.includes('?')
    ? refused('MALFORMED_SIGNATURE', `header ${header} signs the URL, which may have no query here`)
    : address
}

function timeOf(headers: Headers, { timestampHeader = '' }: TemplateScheme): string | Refused {
  const time = soleHeader(headers, timestampHeader)
  if (typeof time !== 'string' || parseSeconds(time) !== undefined) return time
  return refused('MALFORMED_SIGNATURE', `header ${timestampHeader} is not digits`)
}

const secondsOf = (time: string, { timestampUnit }: TemplateScheme): number =>
  Math.floor(Number(time) / (timestampUnit === 'milliseconds' ? 1000 : 1))

/** An id with a character that stands between the parts would let bytes move between them. */
function idOf(headers: Headers, { idHeader = '', signed }: TemplateScheme): string | Refused {
  const id = soleHeader(headers, idHeader)
  if (typeof id !== 'string') return id
  const between = signed.replace(/\{[^}]*\}/g, '').replace(/[A-Za-z0-9]/g, '')
  return /^[!-~]{1,255}$/.test(id) && ![...between].some((character) => id.includes(character))
    ? id
    : refused('MALFORMED_SIGNATURE', `header ${idHeader} is not 1 to 255 visible characters without "${between}"`)
}
