import { type IdKind, timeOfId } from '../../base/id.ts'
import type { SweepCall, Swept } from '../../retention/retention-store.ts'
import { dayMs } from '../days.ts'

/** Statements over rows, with `?` for values: what both engines can be asked in one spelling. */
export interface Rows {
  all<Row>(text: string, values: readonly (string | number | null)[]): Promise<Row[]>
  /** Answers how many rows were changed. */
  run(text: string, values: readonly (string | number | null)[]): Promise<number>
}

/** What is old for a turn, and what it may not touch. */
export type Line = Pick<SweepCall, 'before' | 'now' | 'followers'>

/** Where a sweep stands. A place is where its next turn begins, as text. */
export interface Standing {
  place: string
  /** The first row of this pass that had to be left: the next pass begins there. */
  keptFrom: string | null
  /** What this pass has removed. */
  removed: number
}

/** A way through the rows of a table, oldest first. */
export interface Walk {
  /** What its rows' ids are: they tell when a row was made without reading past its body. */
  kind: IdKind
  /** The next rows from a place on. */
  next(place: string, limit: number): Promise<readonly { place: string; id: string }[]>
  /** The place behind a row. */
  behind(place: string): string
  /** Removes what may go of the rows between two places, both included; answers how many, and the first that had to stay. */
  remove(first: string, last: string, call: Line): Promise<{ removed: number; kept: string | null }>
}

/** What a turn has done, and where the next one begins. */
export interface Walked {
  removed: number
  isDone: boolean
  standing: Standing
}

/**
 * Takes one turn. A pass ends where the rows are young; the next one begins at the first row that this one had to leave,
 * so that every row is looked at once, and again only while something needs it.
 */
export async function walkOn(walk: Walk, standing: Standing, call: Line, limit: number): Promise<Walked> {
  const rows = await walk.next(standing.place, limit)
  const { old, ahead } = oldOf(rows, walk.kind, call)
  const first = old[0]
  const last = old.at(-1)
  const turn =
    first && last ? await walk.remove(first.place, last.place, call) : { removed: 0, kept: null as string | null }
  let place = last ? walk.behind(last.place) : standing.place
  let keptFrom = standing.keptFrom ?? turn.kept
  // A row from the future (a clock that was far off) is passed by: those behind it must not live as long as it does.
  if (ahead !== undefined) {
    place = walk.behind(ahead)
    keptFrom ??= ahead
  }
  const isDone = ahead === undefined && (old.length < rows.length || rows.length < limit)
  const removed = standing.removed + turn.removed
  return {
    removed: turn.removed,
    isDone,
    standing: isDone ? { place: keptFrom ?? place, keptFrom: null, removed } : { place, keptFrom, removed },
  }
}

/** The old ones at the front, and the place of the row behind them if it is one from the future. */
function oldOf(
  rows: readonly { place: string; id: string }[],
  kind: IdKind,
  { before, now }: Line,
): { old: readonly { place: string; id: string }[]; ahead: string | undefined } {
  for (const [i, { place, id }] of rows.entries()) {
    const at = timeOfId(kind, id) ?? 0
    if (at < before) continue
    return { old: rows.slice(0, i), ahead: at > now + dayMs ? place : undefined }
  }
  return { old: rows, ahead: undefined }
}

/** What a turn of a sweep that keeps no place has done. */
export const unplaced = (standing: Standing, removed: number, limit: number): Walked => ({
  removed,
  isDone: removed < limit,
  standing: { ...standing, removed: standing.removed + removed },
})

export const sweptElsewhere: Swept = { removed: 0, isDone: false, isElsewhere: true }
