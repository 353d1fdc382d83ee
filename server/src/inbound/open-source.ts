import type { Clock } from '../base/clock.ts'
import type { Seal } from '../base/seal.ts'
import type { SourceDefinition } from './source.ts'
import type { Source, SourceReads } from './source-store.ts'

/** A source ready to receive: its kind's plug-in, its secrets opened, its settings read. */
export interface OpenSource {
  id: string
  workspaceId: string
  customer: string | null
  definition: SourceDefinition
  secrets: readonly string[]
  config: unknown
}

/** Finds the source that a URL means. */
export interface SourceDirectory {
  /** The enabled source of this key, or undefined. A change is seen at once in this process and within a second in others. */
  find(key: string): Promise<OpenSource | undefined>
  /** A source has changed. */
  forget(): void
}

/** The form of the keys we make: anything else needs no look-up. */
const keyForm = /^[A-Za-z0-9_-]{22,64}$/
const freshMs = 1000
/** Keys kept in memory, known and unknown: a flood of guesses pushes out other guesses first. */
const kept = 10_000

interface Entry {
  source: Promise<OpenSource | undefined>
  at: number
}

export function createSourceDirectory(needs: {
  reads: SourceReads
  definitions: ReadonlyMap<string, SourceDefinition>
  seal: Seal
  clock: Clock
}): SourceDirectory {
  const known = new Map<string, Entry>()
  const unknown = new Map<string, Entry>()
  /** Look-ups under way: whoever asks meanwhile waits for the same one. */
  const looking = new Map<string, Entry>()

  async function load(key: string): Promise<OpenSource | undefined> {
    const source = await needs.reads.byKey(key)
    const definition = source?.isEnabled ? needs.definitions.get(source.kind) : undefined
    return source && definition ? openSource(source, definition, needs.seal) : undefined
  }

  function look(key: string, at: number): Entry {
    const entry: Entry = { source: load(key), at }
    looking.set(key, entry)
    const end = (keep: () => void) => {
      // Forgotten while it was under way: what it read may be older than the change.
      if (looking.get(key) !== entry) return
      looking.delete(key)
      keep()
    }
    entry.source.then(
      (source) =>
        end(() => {
          known.delete(key)
          remember(source ? known : unknown, key, entry)
        }),
      () => end(() => {}), // whoever waits for it hears of it
    )
    return entry
  }

  return {
    async find(key) {
      if (!keyForm.test(key)) return undefined
      const now = needs.clock.elapsed()
      const fresh = [known.get(key), unknown.get(key)].find((entry) => entry && now - entry.at < freshMs)
      return (fresh ?? looking.get(key) ?? look(key, now)).source
    },
    forget() {
      for (const entries of [known, unknown, looking]) entries.clear()
    },
  }
}

function remember(entries: Map<string, Entry>, key: string, entry: Entry): void {
  entries.delete(key)
  entries.set(key, entry)
  const [oldest] = entries.keys()
  if (entries.size > kept && oldest !== undefined) entries.delete(oldest)
}

/** Opens a source's secrets and reads its settings. */
export function openSource(source: Source, definition: SourceDefinition, seal: Seal): OpenSource {
  return {
    id: source.id,
    workspaceId: source.workspaceId,
    customer: source.customer,
    definition,
    secrets: openSecrets(source, seal),
    config: definition.config.parse(JSON.parse(source.config)),
  }
}

/** The secrets that verify, current first. */
export function openSecrets(source: Source, seal: Seal): string[] {
  return JSON.parse(seal.open(source.sealedSecrets, secretsPlace(source))) as string[]
}

/** Where a source's secrets are sealed to. */
export const secretsPlace = ({ workspaceId, id }: Pick<Source, 'workspaceId' | 'id'>) => ({
  workspace: workspaceId,
  table: 'sources',
  row: id,
  column: 'sealed_secrets',
})
