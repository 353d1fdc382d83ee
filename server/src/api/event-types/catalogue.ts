import { z } from 'zod'
import { accountEventTypes } from '../../accounts/account-event-types.ts'
import type { EventTypeEntry } from '../../events/event-type.ts'
import { ownEventTypes } from '../../events/own-event-types.ts'
import type { RegisteredType } from '../../events/types/event-type-store.ts'
import type { SourceDefinition } from '../../inbound/source.ts'

/** A type that somebody has described, and the kinds of source that it comes from. */
export interface CatalogueEntry extends EventTypeEntry {
  /** Empty for those that the server makes itself. */
  kinds: readonly string[]
  /** What the workspace has registered of it: that goes before what is known otherwise. */
  registered?: RegisteredType
}

/** Every type that is known beforehand, by its name, in alphabetical order. Two kinds may share one. */
export function catalogueOf(definitions: ReadonlyMap<string, SourceDefinition>): ReadonlyMap<string, CatalogueEntry> {
  const entries = new Map<string, CatalogueEntry>()
  for (const entry of [...accountEventTypes, ...ownEventTypes]) entries.set(entry.type, { ...entry, kinds: [] })
  for (const { kind, eventTypes = [] } of definitions.values()) {
    for (const entry of eventTypes) {
      const known = entries.get(entry.type)
      entries.set(entry.type, known ? { ...known, kinds: [...known.kinds, kind] } : { ...entry, kinds: [kind] })
    }
  }
  return new Map([...entries].sort(([one], [other]) => (one < other ? -1 : 1)))
}

/** The catalogue with what a workspace has registered in it. */
export function withRegistered(
  catalogue: ReadonlyMap<string, CatalogueEntry>,
  registered: readonly RegisteredType[],
): ReadonlyMap<string, CatalogueEntry> {
  const entries = new Map(catalogue)
  for (const each of registered) {
    const known = entries.get(each.type)
    const { type, description } = each
    entries.set(type, { ...known, type, description, kinds: known?.kinds ?? [], registered: each })
  }
  return entries
}

/** The shape of a described type's data as JSON Schema, or null where it is not described. */
export function schemaOf({ data, registered }: CatalogueEntry): Record<string, unknown> | null {
  if (registered?.schema) return JSON.parse(registered.schema) as Record<string, unknown>
  return data ? { ...z.toJSONSchema(data) } : null
}
