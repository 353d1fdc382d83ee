import type { EventHead } from './event.ts'

/** Which events are wanted; what is left out narrows nothing. */
export interface WantedEvents {
  /** Exact types, or `prefix.*`; an event of any of them is wanted. */
  types?: readonly string[]
  sourceId?: string
  customer?: string
}

/** Whether an event is wanted: what the lists ask the database, asked of an event in hand. */
export function isWanted({ types, sourceId, customer }: WantedEvents, event: EventHead): boolean {
  return (
    (types === undefined || types.some((type) => isOfType(event.type, type))) &&
    (sourceId === undefined || event.sourceId === sourceId) &&
    (customer === undefined || event.customer === customer)
  )
}

const isOfType = (type: string, wanted: string): boolean =>
  wanted.endsWith('.*') ? type.startsWith(wanted.slice(0, -1)) : type === wanted
