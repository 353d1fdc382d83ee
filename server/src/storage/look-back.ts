import { systemClock } from '../base/clock.ts'
import type { LookedPage, Page } from '../base/page.ts'

/** How a list is gone through, newest first. */
export interface Walk<Row> {
  /** The rows behind a position, as one index gives them: before anything else that is asked for is looked at. */
  rows(after: string | null, limit: number): Promise<readonly Row[]>
  position(row: Row): string
  /** When it was made, in milliseconds. */
  madeAt(row: Row): number
  /** Whether a row is meant; left out where the index gives no others. */
  fits?(row: Row): boolean
  /** Whether nothing behind these rows can be meant. */
  isOver?(rows: readonly Row[]): Promise<boolean>
}

export interface Bounds {
  /** Rows that one statement looks at, at the most, and one page. The first one looks at few: what mostly fits is found soon. */
  step: number
  most: number
  /** On a slow disk it is less: SQLite's reader answers nobody else meanwhile, and is ended after two seconds. */
  mostMs: number
}

export const usualBounds: Bounds = { step: 500, most: 50_000, mostMs: 400 }

/** Looks through the rows until the page is full, until there are no more, or until enough has been looked at. */
export async function lookBack<Row>(
  walk: Walk<Row>,
  page: Page,
  { begin = systemClock.elapsed(), ...bounds }: Bounds & { begin?: number } = usualBounds,
): Promise<LookedPage<Row>> {
  const { position, madeAt, fits = () => true } = walk
  let step = page.limit + 1
  const found: Row[] = []
  const behind = (row: Row) => ({ after: position(row), at: madeAt(row) })
  let after = page.after
  for (let looked = 0; ; ) {
    const rows = await walk.rows(after, step)
    for (const row of rows) {
      const full = found.length === page.limit ? found.at(-1) : undefined
      if (fits(row)) {
        if (full !== undefined) return { rows: found, next: behind(full) }
        found.push(row)
      }
    }
    const last = rows.at(-1)
    if (last === undefined || rows.length < step || (await walk.isOver?.(rows))) return { rows: found, next: null }
    after = position(last)
    looked += rows.length
    const isEnough = looked >= bounds.most || systemClock.elapsed() - begin >= bounds.mostMs
    // Whether there is another one is not worth looking further for.
    if (found.length === page.limit || isEnough) return { rows: found, next: behind(last) }
    step = Math.max(step, Math.min(4 * step, bounds.step))
  }
}

/**
 * Pages of several lists as one page of all of them. Where one has looked less far than the others, what they found beyond
 * that is left for the next page.
 */
export function mergePages<Row>(
  pages: readonly LookedPage<Row>[],
  { position, madeAt }: Pick<Walk<Row>, 'position' | 'madeAt'>,
  limit: number,
): LookedPage<Row> {
  const nearest = pages
    .flatMap(({ next }) => next ?? [])
    .reduce<LookedPage<Row>['next']>((near, next) => (near === null || next.after > near.after ? next : near), null)
  const rows = pages
    .flatMap((page) => page.rows)
    .filter((row) => nearest === null || position(row) >= nearest.after)
    .sort((a, b) => (position(a) < position(b) ? 1 : -1))
  const last = rows[limit - 1]
  if (rows.length > limit && last !== undefined)
    return { rows: rows.slice(0, limit), next: { after: position(last), at: madeAt(last) } }
  return { rows, next: nearest }
}
