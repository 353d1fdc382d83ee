import type { Place, Row } from './place.ts'

/** The rows that a batch is about: read once, changed in memory, written once. */
export interface Book<Each extends Row> {
  find(place: Place, id: string): Each | undefined
  keep(row: Each): void
  /** The rows as they are now, of those that were kept. */
  changed(): Each[]
}

export function openBook<Each extends Row>(known: readonly Each[]): Book<Each> {
  const rows = new Map(known.map((row) => [nameOf(row, row.id), row]))
  const changed = new Map<string, Each>()
  return {
    find: (place, id) => rows.get(nameOf(place, id)),
    keep(row) {
      const name = nameOf(row, row.id)
      rows.set(name, row)
      changed.set(name, row)
    },
    changed: () => [...changed.values()],
  }
}

const nameOf = ({ workspaceId, customer }: Place, id: string): string => JSON.stringify([workspaceId, customer, id])
