import { z } from 'zod'
import { Problem } from '../base/errors.ts'
import { parseFilter } from '../events/filter-expression.ts'
import { shownPointer } from './field-error.ts'

/** A filter expression as it is given; what it says is judged by `checkedFilter`. */
export const filterInput = z.record(z.string(), z.unknown()).meta({
  description:
    'A filter expression over the event. It is an object in which all must hold: paths (`type`, `subject`, `customer`, `data.a.b`) with a value or with `$eq $ne $in $nin $gt $gte $lt $lte $exists $startsWith $endsWith $contains`, and `$and`, `$or`, `$not`.',
  example: { 'data.amount': { $gte: 100 } },
})

/** The text of a filter expression to keep and to open, or FILTER_REFUSED. `at` is where it stands in the input. */
export function checkedFilter(value: unknown, at = '/filter'): string {
  const parsed = parseFilter(value)
  if (parsed.kind === 'ok') return parsed.text
  const where = at + shownPointer(parsed.at)
  throw new Problem('FILTER_REFUSED', `${where}: ${parsed.message}`, {
    errors: [{ at: where, message: parsed.message }],
  })
}
