import type { LookedPage } from '@trunkline/sdk'
import { moment } from './text.ts'

/** A search that finds nothing in one page is asked to look further so many times. */
const mostPages = 25

/** The first page of a search that has something in it, or the last one that was looked for. */
export async function lookFor<Item, Query extends { cursor?: string }>(
  list: (query: Query) => Promise<LookedPage<Item>>,
  query: Query,
): Promise<LookedPage<Item>> {
  let page = await list(query)
  for (let i = 1; i < mostPages && page.data.length === 0 && page.nextCursor !== null; i++)
    page = await list({ ...query, cursor: page.nextCursor })
  return page
}

/** How far a search has come that is not at its end. */
export function lookedTo({ nextCursor, lookedBackTo, data }: LookedPage<unknown>): string {
  const found = data.length === 0 ? 'None found' : 'Looked'
  return `${found} back to ${moment(lookedBackTo)}; there is more: add --cursor ${nextCursor}`
}
