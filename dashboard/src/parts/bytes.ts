/** A row of a hex listing holds so many bytes. */
const rowBytes = 16

/** Bytes that are no text, as a listing: place, bytes, and the letters among them. */
export function hexListing(bytes: Uint8Array): string {
  const rows: string[] = []
  for (let at = 0; at < bytes.length; at += rowBytes) {
    const row = [...bytes.subarray(at, at + rowBytes)]
    const hex = row.map((byte) => byte.toString(16).padStart(2, '0')).join(' ')
    const letters = row.map((byte) => (byte > 0x20 && byte < 0x7f ? String.fromCharCode(byte) : '·')).join('')
    rows.push(`${at.toString(16).padStart(6, '0')}  ${hex.padEnd(rowBytes * 3 - 1)}  ${letters}`)
  }
  return rows.join('\n')
}

/** The text of UTF-8; undefined when the bytes are none. A character that was cut off at the end does not count. */
export function textOf(bytes: Uint8Array, isWhole: boolean): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes, { stream: !isWhole })
  } catch {
    return undefined
  }
}

/**
 * Bytes as text whatever they are: what is UTF-8 as its characters, any other byte as `⟨FF⟩`. A character that is cut off
 * at the end of what is not `isWhole` is left out.
 */
export function looseText(bytes: Uint8Array, isWhole: boolean): string {
  const strict = textOf(bytes, isWhole)
  if (strict !== undefined) return strict
  const out: string[] = []
  let from = 0
  for (let at = 0; at < bytes.length; ) {
    const length = lengthOfCharacter(bytes, at)
    if (length === 0) {
      out.push(utf8.decode(bytes.subarray(from, at)), `⟨${hex(bytes[at])}⟩`)
      from = at + 1
    }
    at += Math.max(length, 1)
  }
  return out.join('') + utf8.decode(bytes.subarray(from))
}

const utf8 = new TextDecoder('utf-8', { ignoreBOM: true })
const hex = (byte = 0): string => byte.toString(16).toUpperCase().padStart(2, '0')

/** How many bytes the character at a place takes; 0 when none begins there. https://www.unicode.org/versions/Unicode16.0.0/core-spec/chapter-3/#G7404 */
function lengthOfCharacter(bytes: Uint8Array, at: number): number {
  const [first = 0, second = 0, third = 0, fourth = 0] = bytes.subarray(at, at + 4)
  if (first < 0x80) return 1
  const isTail = (byte: number) => byte >= 0x80 && byte < 0xc0
  if (first >= 0xc2 && first < 0xe0) return isTail(second) ? 2 : 0
  // The shortest form only, no half of a pair, and nothing beyond the last character.
  const least = first === 0xe0 ? 0xa0 : first === 0xf0 ? 0x90 : 0x80
  const beyond = first === 0xed ? 0xa0 : first === 0xf4 ? 0x90 : 0xc0
  if (second < least || second >= beyond || !isTail(third)) return 0
  if (first >= 0xe0 && first < 0xf0) return 3
  return first >= 0xf0 && first < 0xf5 && isTail(fourth) ? 4 : 0
}

/** A number of bytes as it is said. */
export function sizeOf(bytes: number): string {
  if (bytes === 1) return '1 byte'
  if (bytes < 10_240) return `${bytes} bytes`
  if (bytes < 1024 * 1024) return `${Math.round(bytes / 1024)} KiB`
  return `${(bytes / 1024 / 1024).toFixed(1)} MiB`
}
