import { z } from 'zod'
import type { Scope } from '../access/scope.ts'
import { Problem } from '../base/errors.ts'
import type { Page } from '../base/page.ts'
import { readPage } from './list.ts'
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

/** Reads a page of a list that shows something of people: masked, unless the caller asks for it whole and may. */
export async function readMaskedPage<Row, Item>(
  context: Context,
  list: string,
  query: { limit: number; cursor?: string | undefined; reveal: boolean },
  rows: (page: Page) => Promise<readonly Row[]>,
  position: (row: Row) => string,
  show: (row: Row) => Item,
  mask: (shown: Item) => Item,
): Promise<{ data: Item[]; nextCursor: string | null; hasMore: boolean }> {
  const { reveal, ...rest } = query
  if (reveal) checkReveal(context.actor)
  const page = await readPage(context, list, rest, rows, position, (row) => (reveal ? show(row) : mask(show(row))))
  if (reveal) noteReveal(context, list, page.data.length)
  return page
}
