/** So many times of repeats are kept. */
const timesKept = 10
/** Every time has as many digits, so that SQL can cut the list. */
const digits = 13

/** The length of a full list: times with commas between them. */
export const fullLength = timesKept * (digits + 1) - 1

/** Times of repeats, newest first, as a column holds them; no more of them than are kept. */
export function timesText(times: readonly number[]): string {
  return times
    .slice(0, timesKept)
    .map((ms) => String(Math.round(ms)).padStart(digits, '0'))
    .join(',')
}

/** The same, read back. */
export function timesIn(text: string | null): number[] {
  return text === null ? [] : text.split(',').map(Number)
}
