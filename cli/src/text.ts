/** Text from elsewhere, fit for a terminal: control characters could move the cursor or hide what stands there. */
export function printable(text: string): string {
  return text.replace(/[\u0000-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]/g, '\ufffd')
}

/** JSON of a value that does nothing to a terminal either: what `printable` would replace is escaped, and reads the same. */
export function jsonText(value: unknown): string {
  return JSON.stringify(value, null, 2).replace(
    /[\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )
}

/** The same, with its line breaks and tabs. */
export function printableLines(text: string): string[] {
  return text.split(/\r\n|\n|\r/).map((line) => printable(line.replaceAll('\t', '  ')))
}

/** A table whose columns are as wide as what stands in them. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string[] {
  const widths = head.map((title, i) => Math.max(title.length, ...rows.map((row) => row[i]?.length ?? 0)))
  const line = (cells: readonly string[]) =>
    cells
      .map((cell, i) => cell.padEnd(widths[i] ?? 0))
      .join('  ')
      .trimEnd()
  return [line(head), ...rows.map(line)]
}

/** A size as people read it. */
export function size(bytes: number): string {
  if (bytes < 1024) return `${bytes} B`
  return bytes < 1024 * 1024 ? `${(bytes / 1024).toFixed(1)} KiB` : `${(bytes / 1024 / 1024).toFixed(1)} MiB`
}

/** A moment in the time zone of the terminal: `2026-11-22 05:53:01`. Nothing for no moment. */
export function moment(iso: string | null): string {
  // The Swedish way of writing dates is the one that sorts.
  return iso === null ? '' : new Date(iso).toLocaleString('sv-SE')
}

/** A code in small words: `CONNECT_REFUSED` as `connect refused`. */
export function words(code: string | null): string {
  return code === null
    ? ''
    : printable(code.toLowerCase().replaceAll('_', ' ')).replace(/\b(dns|tls|url)\b/g, (each) => each.toUpperCase())
}
