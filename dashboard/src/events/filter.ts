import type { Choice } from '../parts/filter.ts'
import { type Place, writePlace } from '../route.ts'

/** The way back from the events of one source to all. */
export function eventChoices(
  { delivery: _, event: __, ...place }: Place,
  sourceName: (id: string) => string,
): Choice[] {
  const { source, ...rest } = place
  return source === undefined
    ? []
    : [{ label: `from ${sourceName(source)} ✕`, href: writePlace(rest), isCurrent: true }]
}
