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

/** A number of bytes as it is said. */
export function sizeOf(bytes: number): string {
  if (bytes === 1) return '1 byte'
  if (bytes < 10_240) return `${bytes} bytes`
  if (bytes < 1024 * 1024) return `${Math.round(bytes / 1024)} KiB`
  return `${(bytes / 1024 / 1024).toFixed(1)} MiB`
}
