import type { Settlement } from '../outbound/delivery/delivery-store.ts'

export interface NewestCondition {
  endpointId: string
  generation: number
  condition: string | null
}

/** What a group of outcomes says of its lanes' conditions: of each lane the last word. Empty for most groups. */
export function newestConditions(settlements: readonly Settlement[]): NewestCondition[] {
  const newest = new Map<string, NewestCondition>()
  for (const { endpointId, generation, condition } of settlements) {
    if (condition === undefined) continue
    const known = newest.get(endpointId)
    if (!known || known.generation <= generation) newest.set(endpointId, { endpointId, generation, condition })
  }
  return [...newest.values()]
}
