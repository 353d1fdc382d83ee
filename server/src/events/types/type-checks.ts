import type { Clock } from '../../base/clock.ts'
import type { CheckedType, EventTypeReads, Validation } from './event-type-store.ts'
import { compileSchema, type DataCheck } from './json-schema.ts'

/** Checks what is published against the schema of its type. */
export interface TypeChecks {
  /** What does not fit, and what is to become of the event; undefined when all is well or nothing is asked for. */
  check(event: { workspaceId: string; type: string; data: unknown; bytes: number }): Promise<Misfit | undefined>
  /** The types of a workspace have changed. */
  forget(workspaceId: string): void
}

export interface Misfit {
  validation: Exclude<Validation, 'off'>
  /** One sentence without anything of the data. */
  why: string
}

/** For so long it is believed which types are checked: another process's change is met by then. */
const believedMs = 1000
/** Kept at most: what is not used for long goes first. */
const workspacesKept = 1000
const checksKept = 1000

export function createTypeChecks({ reads, clock }: { reads: EventTypeReads; clock: Clock }): TypeChecks {
  const known = new Map<string, { at: number; types: Promise<ReadonlyMap<string, CheckedType>> }>()
  const compiled = new Map<string, Promise<DataCheck | undefined>>()

  function checkedOf(workspaceId: string): Promise<ReadonlyMap<string, CheckedType>> {
    const before = known.get(workspaceId)
    if (before && clock.elapsed() - before.at < believedMs) return before.types
    const types = reads.checked(workspaceId).then((rows) => new Map(rows.map((row) => [row.type, row])))
    const entry = { at: clock.elapsed(), types }
    keep(known, workspaceId, entry, workspacesKept)
    types.catch(() => known.get(workspaceId) === entry && known.delete(workspaceId))
    return types
  }

  function compiledOf(workspaceId: string, { type, updatedAt }: CheckedType): Promise<DataCheck | undefined> {
    const key = `${workspaceId} ${type} ${updatedAt}`
    const before = compiled.get(key)
    if (before) return before
    const made = reads
      .read(workspaceId, type)
      .then((row) => (row?.schema ? compileSchema(JSON.parse(row.schema)) : undefined))
    keep(compiled, key, made, checksKept)
    made.catch(() => compiled.get(key) === made && compiled.delete(key))
    return made
  }

  return {
    async check({ workspaceId, type, data, bytes }) {
      const checked = (await checkedOf(workspaceId)).get(type)
      if (!checked || checked.validation === 'off') return undefined
      const why = (await compiledOf(workspaceId, checked))?.(data, bytes)
      return why === undefined ? undefined : { validation: checked.validation, why }
    },
    forget(workspaceId) {
      known.delete(workspaceId)
      for (const key of compiled.keys()) if (key.startsWith(`${workspaceId} `)) compiled.delete(key)
    },
  }
}

/** The oldest goes when there are too many. */
function keep<Value>(map: Map<string, Value>, key: string, value: Value, most: number): void {
  map.delete(key)
  const oldest = map.keys().next().value
  if (map.size >= most && oldest !== undefined) map.delete(oldest)
  map.set(key, value)
}
