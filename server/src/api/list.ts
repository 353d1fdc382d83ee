import { z } from 'zod'
import type { LookedPage, Page } from '../base/page.ts'
import { isEventType } from '../events/event.ts'
import type { Context } from './operation.ts'

/** What every list takes beside its filters. */
export const pageQuery = {
  limit: z.coerce.number().int().min(1).max(100).default(20).meta({ description: 'How many at most, 1 to 100.' }),
  cursor: z
    .string()
    .max(1000)
    .optional()
    .meta({ description: '`nextCursor` of the page before, with the same filters.' }),
}

/** A filter by event type. */
export const typeQuery = z
  .string()
  .max(200)
  .refine((type) => isEventType(type.replace(/\.\*$/, '')), 'must be an event type or "prefix.*"')
  .meta({ description: 'An exact event type, or `prefix.*`.' })

/** A time as a filter, as milliseconds. */
export const timeQuery = z
  .union(
    [
      z.iso.datetime({ offset: true }).transform((text) => Date.parse(text)),
      // Digits alone: a number would be made of nothing (0) and of "0x10" too.
      z
        .string()
        .regex(/^\d{1,15}$/)
        .transform(Number),
    ],
    'must be ISO 8601 with a zone, such as 2026-01-31T09:00:00Z, or milliseconds since 1970',
  )
  .meta({ description: 'ISO 8601 with a zone, or milliseconds since 1970.' })

/** One page of a list. */
export function pageOf<Item extends z.ZodType>(item: Item) {
  return z.object({
    data: z.array(item),
    nextCursor: z
      .string()
      .nullable()
      .meta({ description: 'Give it as `cursor` to get the next page; null on the last one.' }),
    hasMore: z.boolean(),
  })
}

/** One page of a list that looks through so much at a time. */
export const lookedPageOf = <Item extends z.ZodType>(item: Item) =>
  pageOf(item).extend({
    lookedBackTo: z.string().nullable().meta({
      description:
        'How far this page looked: a search looks through so much at a time, so that a page may be short, or empty, and not the last. Null on the last one.',
    }),
  })

/** Reads a page of a list that looks through so much at a time. */
export async function readLookedPage<Row, Item>(
  { cursors, workspaceId }: Context,
  list: string,
  query: { limit: number; cursor?: string | undefined },
  look: (page: Page) => Promise<LookedPage<Row>>,
  show: (row: Row) => Item,
): Promise<{ data: Item[]; nextCursor: string | null; hasMore: boolean; lookedBackTo: string | null }> {
  const { limit, cursor, ...filter } = query
  const scope = { list, workspaceId, filter }
  const { rows, next } = await look({ after: cursor === undefined ? null : cursors.read(scope, cursor), limit })
  return {
    data: rows.map(show),
    nextCursor: next === null ? null : cursors.make(scope, next.after),
    hasMore: next !== null,
    lookedBackTo: next === null ? null : shownTime(next.at),
  }
}

/** Reads a page of a store's list, one row more than asked to see whether there is another page. */
export async function readPage<Row, Item>(
  { cursors, workspaceId }: Context,
  list: string,
  query: { limit: number; cursor?: string | undefined },
  rows: (page: Page) => Promise<readonly Row[]>,
  position: (row: Row) => string,
  show: (row: Row) => Item,
): Promise<{ data: Item[]; nextCursor: string | null; hasMore: boolean }> {
  const { limit, cursor, ...filter } = query
  const scope = { list, workspaceId, filter }
  const after = cursor === undefined ? null : cursors.read(scope, cursor)
  const found = await rows({ after, limit: limit + 1 })
  const shown = found.slice(0, limit)
  const last = shown.at(-1)
  const hasMore = found.length > limit
  return {
    data: shown.map(show),
    nextCursor: hasMore && last !== undefined ? cursors.make(scope, position(last)) : null,
    hasMore,
  }
}

/** Milliseconds as the API shows them. */
export const shownTime = (ms: number): string => new Date(ms).toISOString()

/** What a filter leaves out must be absent, not undefined. */
export function given<Filter extends Record<string, unknown>>(
  filter: Filter,
): { [Name in keyof Filter]?: Exclude<Filter[Name], undefined> } {
  return Object.fromEntries(Object.entries(filter).filter(([, value]) => value !== undefined)) as {
    [Name in keyof Filter]?: Exclude<Filter[Name], undefined>
  }
}
