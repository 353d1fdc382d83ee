import type { Place, Row } from './place.ts'

/** The rows that a batch is about: read once, changed in memory, written once. */
export interface Book<Each extends Row> {
  find(place: Place, id: string): Each | undefined
  keep(row: Each): void
  /** The rows as they are now, of those that were kept. */
  changed(): Each[]
  /** The same, each with what it was before. */
  changes(): { id: string; before: Each | null; after: Each }[]
}

export function openBook<Each extends Row>(known: readonly Each[]): Book<Each> {
  const before = new Map(known.map((row) => [nameOf(row, row.id), row]))
  const rows = new Map(before)
  const changed = new Map<string, Each>()
  return {
    find: (place, id) => rows.get(nameOf(place, id)),
    keep(row) {
      const name = nameOf(row, row.id)
      rows.set(name, row)
      changed.set(name, row)
    },
    changed: () => [...changed.values()],
    changes: () => [...changed].map(([name, after]) => ({ id: after.id, before: before.get(name) ?? null, after })),
  }
}

const nameOf = ({ workspaceId, customer }: Place, id: string): string => JSON.stringify([workspaceId, customer, id])
