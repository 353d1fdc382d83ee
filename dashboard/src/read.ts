import type { LookedPage, Page } from '@trunkline/sdk'
import { ApiError } from './api-error.ts'

/** One list as it was read, or why it was not. A key may be allowed to read some of the page only. */
export type Read<Item> =
  | { kind: 'read'; items: readonly Item[]; hasMore: boolean; lookedBackTo?: string | null }
  | { kind: 'failed'; fault: ApiError }

/** Waits for a list. What the server refuses is an answer too; anything else is thrown. */
export function settle<Item>(list: Promise<Page<Item> | LookedPage<Item>>): Promise<Read<Item>> {
  return list.then(
    ({ data, hasMore, ...page }) => ({
      ...{ kind: 'read', items: data, hasMore },
      lookedBackTo: 'lookedBackTo' in page ? page.lookedBackTo : null,
    }),
    (error: unknown) => {
      if (error instanceof ApiError) return { kind: 'failed', fault: error }
      throw error
    },
  )
}

/** The fault of what could not be read. */
export const faultOf = (read: Read<unknown>): ApiError[] => (read.kind === 'failed' ? [read.fault] : [])
