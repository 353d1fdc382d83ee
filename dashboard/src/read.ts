import type { Page } from '@trunkline/sdk'
import { ApiError } from './api-error.ts'

/** One list as it was read, or why it was not. A key may be allowed to read some of the page only. */
export type Read<Item> =
  | { kind: 'read'; items: readonly Item[]; hasMore: boolean }
  | { kind: 'failed'; fault: ApiError }

/** Waits for a list. What the server refuses is an answer too; anything else is thrown. */
export function settle<Item>(list: Promise<Page<Item>>): Promise<Read<Item>> {
  return list.then(
    ({ data, hasMore }) => ({ kind: 'read', items: data, hasMore }),
    (error: unknown) => {
      if (error instanceof ApiError) return { kind: 'failed', fault: error }
      throw error
    },
  )
}

/** The fault of what could not be read. */
export const faultOf = (read: Read<unknown>): ApiError[] => (read.kind === 'failed' ? [read.fault] : [])
