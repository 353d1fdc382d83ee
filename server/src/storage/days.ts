import { type IdKind, timeOfId } from '../base/id.ts'

export const dayMs = 24 * 60 * 60 * 1000

/**
 * The time of receipt that a row of this id can have: the millisecond of its id, give or take a day (an id is made a
 * moment before or after the row's time). An id of another form has no row.
 */
export function dayOf(kind: IdKind, id: string): { from: number; to: number } {
  const at = timeOfId(kind, id)
  return at === undefined ? { from: 0, to: 0 } : { from: at - dayMs, to: at + dayMs }
}
