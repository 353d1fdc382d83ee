import { isUtf8 } from 'node:buffer'
import { mediaTypeOf, type RawHeaders } from './content-type.ts'

/** What the bytes of a body are, whatever its content type says. */
export type BodyKind = 'json' | 'text' | 'form' | 'binary'

/** How a body begins. */
export interface BodyLook {
  kind: BodyKind
  /** The characters as sent; undefined when the bytes are none. */
  text: string | undefined
  bytes: Buffer
  /** There is more of it. */
  isTruncated: boolean
}

/** So much of a body is looked at. */
export const lookedBytes = 64 * 1024

/**
 * Looks at the first bytes of a body, of which more than `lookedBytes` say that there is more. A long one is judged by how
 * it begins: nobody waits for megabytes to be parsed.
 */
export function lookAt(beginning: Uint8Array, headers: RawHeaders): BodyLook {
  const isTruncated = beginning.length > lookedBytes
  const length = Math.min(beginning.length, lookedBytes)
  const bytes = Buffer.from(beginning.buffer, beginning.byteOffset, length)
  const text = textOf(bytes, isTruncated)
  return { kind: text === undefined ? 'binary' : kindOf(text, isTruncated, headers), text, bytes, isTruncated }
}

/** The bytes as text, without a character that is cut in two at their end; undefined when they are none. */
function textOf(bytes: Buffer, isTruncated: boolean): string | undefined {
  if (bytes.includes(0)) return undefined
  // A character has at most four bytes, so at most three of it are left over.
  for (let cut = 0; cut <= (isTruncated ? 3 : 0); cut++) {
    const whole = bytes.subarray(0, bytes.length - cut)
    if (isUtf8(whole)) return whole.toString()
  }
  return undefined
}

function kindOf(text: string, isTruncated: boolean, headers: RawHeaders): BodyKind {
  const bare = text.startsWith('\uFEFF') ? text.slice(1) : text
  if (isTruncated ? /^[ \t\r\n]*[[{]/.test(bare) : isJson(bare)) return 'json'
  return mediaTypeOf(headers) === 'application/x-www-form-urlencoded' ? 'form' : 'text'
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}
