import { z } from 'zod'
import type { Scope } from '../access/scope.ts'
import { Problem } from '../base/errors.ts'
import type { LookedPage, Page } from '../base/page.ts'
import { readLookedPage, readPage } from './list.ts'
import type { Context } from './operation.ts'

/** What a list takes beside its filters when it shows something of people. */
export const revealQuery = {
  reveal: z
    .enum(['true', 'false'])
    .default('false')
    .transform((text) => text === 'true')
    .meta({
      description:
        'Whether phone numbers, e-mail addresses, names and URLs are shown whole; needs the scope `personal.read`, and the log says so.',
    }),
}

/** Refuses who may not see what is masked. */
export function checkReveal({ scopes }: { scopes: readonly Scope[] }): void {
  if (!scopes.includes('personal.read'))
    throw new Problem('SCOPE_MISSING', 'reveal=true needs the scope "personal.read", which this key does not have')
}

/** Tells the log who has seen what is masked for others. */
export function noteReveal({ actor, requestId, journal }: Context, list: string, count?: number): void {
  journal.info('personal.revealed', { request: requestId, credential: actor.credentialId, list, count })
}

/** A page as its list shows it: masked, unless the caller asks for it whole and may. */
interface Masked<Row, Item> {
  show: (row: Row) => Item
  mask: (shown: Item) => Item
}

/** Reads a page of a list that shows something of people: masked, unless the caller asks for it whole and may. */
export function readMaskedPage<Row, Item>(
  context: Context,
  list: string,
  query: { limit: number; cursor?: string | undefined; reveal: boolean },
  rows: (page: Page) => Promise<readonly Row[]>,
  position: (row: Row) => string,
  show: (row: Row) => Item,
  mask: (shown: Item) => Item,
): Promise<{ data: Item[]; nextCursor: string | null; hasMore: boolean }> {
  return asMayBeSeen(context, list, query, { show, mask }, (rest, shown) =>
    readPage(context, list, rest, rows, position, shown),
  )
}

/** The same of a list that looks through so much at a time. */
export function readMaskedLookedPage<Row, Item>(
  context: Context,
  list: string,
  query: { limit: number; cursor?: string | undefined; reveal: boolean },
  look: (page: Page) => Promise<LookedPage<Row>>,
  masked: Masked<Row, Item>,
): Promise<{ data: Item[]; nextCursor: string | null; hasMore: boolean; lookedBackTo: string | null }> {
  return asMayBeSeen(context, list, query, masked, (rest, shown) => readLookedPage(context, list, rest, look, shown))
}

async function asMayBeSeen<Query extends { reveal: boolean }, Row, Item, Shown extends { data: Item[] }>(
  context: Context,
  list: string,
  { reveal, ...rest }: Query,
  { show, mask }: Masked<Row, Item>,
  read: (query: Omit<Query, 'reveal'>, shown: (row: Row) => Item) => Promise<Shown>,
): Promise<Shown> {
  if (reveal) checkReveal(context.actor)
  const page = await read(rest, (row) => (reveal ? show(row) : mask(show(row))))
  if (reveal) noteReveal(context, list, page.data.length)
  return page
}
