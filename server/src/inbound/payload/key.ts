import { hashOf, isKey } from '../source.ts'

/**
 * A key that a column can hold, made of a sender's own word: the word behind its prefix, or the word's SHA-256 when it is
 * long or odd. The prefix says what the word is, so that no two sorts of keys meet.
 * @example keyOf('run:', 'run_7f2c')
 */
export function keyOf(prefix: string, word: string): string {
  const key = `${prefix}${word}`
  // Written as JSON, because half of a surrogate pair alone would be hashed as U+FFFD.
  return isKey(key) ? key : `${prefix}sha256:${hashOf(JSON.stringify(word))}`
}
