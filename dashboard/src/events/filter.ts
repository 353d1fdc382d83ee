import type { Choice } from '../parts/filter.ts'
import { filtering, type Place } from '../route.ts'

/** The way back from the events of one source to all. */
export function eventChoices(place: Place, sourceName: (id: string) => string): Choice[] {
  const { source } = place
  return source === undefined
    ? []
    : [{ label: `from ${sourceName(source)} ✕`, href: filtering(place, { source: undefined }), isCurrent: true }]
}
