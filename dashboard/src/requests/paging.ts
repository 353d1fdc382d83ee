import type { RequestHead, RequestPage } from '@trunkline/sdk'

/** The rows of a list that is read page by page, while new ones come at its top. Newest first. */
export interface Paging {
  /** The newest page, read anew. While the list is held, what is new in it waits. */
  newest(page: RequestPage): void
  /** The page behind the last row. */
  older(page: RequestPage): void
  shown(): readonly RequestHead[]
  /** Where the next page begins; null when there is none. */
  cursor(): string | null
  /** How far a search has looked; null when it has looked through everything. */
  lookedBackTo(): string | null
  hold(isHeld: boolean): void
  /** How many new rows wait. */
  waiting(): number
  clear(): void
}

/** With more rows than that a page gets slow: the list begins with its newest page again. */
const mostRows = 2000

export function createPaging(most = mostRows): Paging {
  let rows: readonly RequestHead[] = []
  let last: Pick<RequestPage, 'nextCursor' | 'lookedBackTo'> = { nextCursor: null, lookedBackTo: null }
  let isDeep = false
  let isHeld = false
  let kept: RequestPage | undefined

  function begin(page: RequestPage): void {
    rows = page.data
    last = page
    isDeep = false
  }

  /** Puts the newest page in the place of the rows that it covers. */
  function take(page: RequestPage): void {
    kept = undefined
    const oldest = page.data.at(-1)
    const isJoined = oldest !== undefined && rows.some(({ id }) => id >= oldest.id)
    const joined = isJoined ? [...page.data, ...rows.filter(({ id }) => id < oldest.id)] : []
    if (isDeep && page.hasMore && isJoined && joined.length <= most) rows = joined
    else begin(page)
  }

  const news = (page: RequestPage): number => {
    const newest = rows[0]?.id ?? ''
    return page.data.filter(({ id }) => id > newest).length
  }

  return {
    newest(page) {
      if (isHeld && rows.length > 0 && news(page) > 0) kept = page
      else take(page)
    },
    older(page) {
      const known = new Set(rows.map(({ id }) => id))
      rows = [...rows, ...page.data.filter(({ id }) => !known.has(id))]
      last = page
      isDeep = true
    },
    shown: () => rows,
    cursor: () => last.nextCursor,
    lookedBackTo: () => last.lookedBackTo,
    hold(hold) {
      isHeld = hold
      if (!hold && kept) take(kept)
    },
    waiting: () => (kept ? news(kept) : 0),
    clear() {
      rows = []
      last = { nextCursor: null, lookedBackTo: null }
      isDeep = false
      kept = undefined
    },
  }
}
