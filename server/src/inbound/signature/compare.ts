import { timingSafeEqual } from 'node:crypto'

export type Encoding = 'hex' | 'base64'

/** How many signatures of one header are looked at. Two are enough for a rotation. */
export const mostSignatures = 16

/**
 * The bytes that a text stands for, or undefined unless the text is the one right way to write them: lower-case hex, or
 * padded base64 in the standard alphabet. `Buffer.from` alone stops at the first wrong character or skips it
 * (`Buffer.from('zz', 'hex')` is empty), so what it read is written back and must be the same text.
 */
export function decode(text: string, encoding: Encoding): Buffer | undefined {
  const bytes = Buffer.from(text, encoding)
  return bytes.toString(encoding) === text ? bytes : undefined
}

/** As `decode`, and undefined unless it is exactly that many bytes. A text of another length is not looked at. */
export function decodeExactly(text: string, encoding: Encoding, length: number): Buffer | undefined {
  const written = encoding === 'hex' ? length * 2 : Math.ceil(length / 3) * 4
  if (text.length !== written) return undefined
  const bytes = decode(text, encoding)
  return bytes?.length === length ? bytes : undefined
}

/**
 * Whether one of the signatures is the expected one, in a time that does not tell how much of it was right. The lengths
 * are compared first: `timingSafeEqual` throws on unequal ones, and an exception here would be a 500 for the asking.
 */
export function isAmong(expected: Buffer, signatures: readonly Buffer[]): boolean {
  let found = false
  for (const signature of signatures) {
    if (signature.length === expected.length && timingSafeEqual(signature, expected)) found = true
  }
  return found
}
