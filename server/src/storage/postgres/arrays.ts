import { storableText } from '../rows.ts'

/**
 * Arrays in PostgreSQL's binary form, for `unnest`. The driver would write them as text: every quote of every JSON
 * body escaped, every byte of a body as two digits, and all of it read again by the server.
 *
 * Layout (src/backend/utils/adt/arrayfuncs.c, array_recv): dimensions, has-null flag, element type; then of the one
 * dimension its size and lower bound; then each element as length and bytes, where length -1 is null.
 */
const headBytes = 20
const types = { bytea: 17, int8: 20, text: 25, float8: 701 } as const

/** `text[]`, of texts and of bytes in UTF-8. Half a surrogate pair becomes U+FFFD, as in any UTF-8. */
export function texts(values: readonly (string | Uint8Array | null)[]): Buffer {
  const storable = values.map((value) => (typeof value === 'string' ? storableText(value) : value))
  let bytes = headBytes
  for (const value of storable) bytes += 4 + (value === null ? 0 : Buffer.byteLength(value))
  const buffer = begin(types.text, values.length, bytes)
  let at = headBytes
  for (const value of storable) {
    const length = value === null ? -1 : write(buffer, value, at + 4)
    at = buffer.writeInt32BE(length, at) + Math.max(0, length)
  }
  return buffer
}

/** Answers how many bytes it has written. */
function write(buffer: Buffer, value: string | Uint8Array, at: number): number {
  if (typeof value === 'string') return buffer.write(value, at)
  buffer.set(value, at)
  return value.byteLength
}

/** `bytea[]`. */
export function byteArrays(values: readonly (Uint8Array | null)[]): Buffer {
  let bytes = headBytes
  for (const value of values) bytes += 4 + (value === null ? 0 : value.byteLength)
  const buffer = begin(types.bytea, values.length, bytes)
  let at = headBytes
  for (const value of values) {
    at = buffer.writeInt32BE(value === null ? -1 : value.byteLength, at)
    if (value === null) continue
    buffer.set(value, at)
    at += value.byteLength
  }
  return buffer
}

/** `int8[]`, of whole numbers below 2^53. */
export function integers(values: readonly (number | null)[]): Buffer {
  return eightBytes(types.int8, values, (buffer, value, at) => {
    const high = Math.floor(value / 2 ** 32)
    buffer.writeInt32BE(high, at)
    buffer.writeUInt32BE(value - high * 2 ** 32, at + 4)
  })
}

/** `float8[]`. */
export function floats(values: readonly (number | null)[]): Buffer {
  return eightBytes(types.float8, values, (buffer, value, at) => buffer.writeDoubleBE(value, at))
}

function eightBytes(
  type: number,
  values: readonly (number | null)[],
  write: (buffer: Buffer, value: number, at: number) => void,
): Buffer {
  let bytes = headBytes
  for (const value of values) bytes += value === null ? 4 : 12
  const buffer = begin(type, values.length, bytes)
  let at = headBytes
  for (const value of values) {
    at = buffer.writeInt32BE(value === null ? -1 : 8, at)
    if (value === null) continue
    write(buffer, value, at)
    at += 8
  }
  return buffer
}

function begin(type: number, length: number, bytes: number): Buffer {
  const buffer = Buffer.allocUnsafe(bytes)
  buffer.writeInt32BE(1, 0)
  buffer.writeInt32BE(1, 4)
  buffer.writeInt32BE(type, 8)
  buffer.writeInt32BE(length, 12)
  buffer.writeInt32BE(1, 16)
  return buffer
}
