import { createHash } from 'node:crypto'
import { storableText } from '../rows.ts'

/** What stays of a key whose event was erased: enough to know it again. On PostgreSQL one statement makes it too. */
export const erasedKey = (key: string): string =>
  `erased:${createHash('sha256').update(storableText(key)).digest('hex')}`

/** Whether a stored key is this one. The hash is made only where two keys differ, which hardly ever happens. */
export const isSameKey = (stored: unknown, key: string): boolean => stored === key || stored === erasedKey(key)
