import { randomBytes } from 'node:crypto'
import type { Clock } from '../base/clock.ts'
import type { Log } from '../base/log.ts'
import type { RateLimit } from '../base/rate-limit.ts'
import type { Seal } from '../base/seal.ts'
import { keepFresh } from './fresh.ts'
import { isValidAt, keptSecrets } from './secrets.ts'
import type { SourceDefinition } from './source.ts'
import type { Claimant, Destination, Source, SourceReads } from './source-store.ts'
import { watchVersion } from './watch-version.ts'

/** A source ready to receive: its kind's plug-in, its secrets opened, its settings read. */
export interface OpenSource {
  id: string
  workspaceId: string
  customer: string | null
  definition: SourceDefinition
  /** Those that verify, the current one first. */
  secrets: readonly string[]
  /** When one of its secrets ends and it has to be opened again; infinite when none does. */
  endsAt: number
  config: unknown
  rateLimit: RateLimit | null
  /** Whose the events are that name a route. */
  routes: ReadonlyMap<string, Destination>
}

/** The sources that share a fixed path. */
export interface OpenClaimants {
  /** In the order in which they are tried. Never empty. */
  sources: readonly OpenSource[]
  /** Those that are found by a token, by its SHA-256 in hex. */
  byTokenHash: ReadonlyMap<string, OpenSource>
}

/** Finds the source that a URL means. */
export interface SourceDirectory {
  /** The enabled source of this key, or undefined. A change is seen at once in this process and within a second in others. */
  find(key: string): Promise<OpenSource | undefined>
  /** The same, where that is known and nothing has to be asked; undefined otherwise. */
  known(key: string): OpenSource | undefined
  /** The kind whose fixed path this is. */
  definitionAt(path: string): SourceDefinition | undefined
  /** The enabled sources that claim a fixed path, or undefined when there are none; as fresh as `find`. */
  claimants(path: string): Promise<OpenClaimants | undefined>
  /** A source has changed. */
  forget(): void
}

/** The unguessable part of a source's URL: 192 random bits. */
export const makeSourceKey = (): string => randomBytes(24).toString('base64url')

/** The form of the keys we make: anything else needs no look-up. */
const keyForm = /^[A-Za-z0-9_-]{22,64}$/

export function createSourceDirectory(needs: {
  reads: Pick<SourceReads, 'byKey' | 'claimants' | 'routes' | 'version'>
  definitions: ReadonlyMap<string, SourceDefinition>
  seal: Seal
  clock: Clock
  journal: Pick<Log, 'error'>
}): SourceDirectory {
  const { reads, definitions, seal, clock, journal } = needs
  const routesOf = routesInMemory(reads)
  const paths = new Map(
    [...definitions.values()].flatMap((each) => (each.fixedPath ? [[each.fixedPath.path, each]] : [])),
  )

  async function open(source: Source): Promise<OpenSource | undefined> {
    const definition = source.isEnabled ? definitions.get(source.kind) : undefined
    return definition && openSource(source, definition, { seal, now: clock.now(), routes: await routesOf(source) })
  }
  /** On a path that many share, one whose secret does not open must not shut out the others. */
  const openUnlessFaulty = (source: Source) =>
    open(source).catch((error: Error) => {
      journal.error('source.unopened', { source: source.id, error })
      return undefined
    })
  const version = watchVersion(() => reads.version(), clock)
  const byKey = keepFresh<OpenSource>({
    async load(key) {
      const source = await reads.byKey(key)
      return source && open(source)
    },
    version,
    endOf: ({ endsAt }) => endsAt,
    clock,
  })
  const byPath = keepFresh<OpenClaimants>({
    load: async (path) => openClaimants(await reads.claimants(path), openUnlessFaulty),
    version,
    endOf: ({ sources }) => Math.min(...sources.map(({ endsAt }) => endsAt)),
    clock,
  })
  return {
    find: async (key) => (keyForm.test(key) ? byKey.find(key) : undefined),
    known: (key) => byKey.known(key),
    definitionAt: (path) => paths.get(path),
    claimants: (path) => byPath.find(path),
    forget() {
      version.forget()
      byKey.forget()
      byPath.forget()
    },
  }
}

async function openClaimants(
  claimants: readonly Claimant[],
  open: (source: Source) => Promise<OpenSource | undefined>,
): Promise<OpenClaimants | undefined> {
  const sources: OpenSource[] = []
  const byTokenHash = new Map<string, OpenSource>()
  for (const { source, tokenHash } of claimants) {
    const opened = await open(source)
    if (!opened) continue
    sources.push(opened)
    if (tokenHash !== null) byTokenHash.set(tokenHash, opened)
  }
  return sources.length > 0 ? { sources, byTokenHash } : undefined
}

const noRoutes: ReadonlyMap<string, Destination> = new Map()
/** Sources whose routes are kept in memory. */
const routesKept = 1000

/** Reads the routes of a source when they have changed, and never for a source that has none. */
function routesInMemory(reads: Pick<SourceReads, 'routes'>) {
  const known = new Map<string, { version: number; routes: ReadonlyMap<string, Destination> }>()
  return async ({ id, routesVersion }: Source): Promise<ReadonlyMap<string, Destination>> => {
    if (routesVersion === 0) return noRoutes
    const before = known.get(id)
    if (before?.version === routesVersion) return before.routes
    const routes = await openRoutes(reads, { id, routesVersion })
    if (known.size >= routesKept) known.clear()
    known.set(id, { version: routesVersion, routes })
    return routes
  }
}

/** Whose the events of a source are that name a route; nothing is read for a source that never had one. */
export async function openRoutes(
  reads: Pick<SourceReads, 'routes'>,
  { id, routesVersion }: Pick<Source, 'id' | 'routesVersion'>,
): Promise<ReadonlyMap<string, Destination>> {
  if (routesVersion === 0) return noRoutes
  const routes = await reads.routes(id)
  return new Map(routes.map(({ route, workspaceId, customer }) => [route, { workspaceId, customer }]))
}

/** Opens a source's secrets that are valid now, and reads its settings. Without routes all events are the source's own. */
export function openSource(
  source: Source,
  definition: SourceDefinition,
  { seal, now, routes = noRoutes }: { seal: Seal; now: number; routes?: ReadonlyMap<string, Destination> },
): OpenSource {
  const valid = keptSecrets(source, seal).filter(isValidAt(now))
  return {
    id: source.id,
    workspaceId: source.workspaceId,
    customer: source.customer,
    definition,
    secrets: valid.map(({ secret }) => secret),
    endsAt: Math.min(...valid.map(({ until }) => until ?? Number.POSITIVE_INFINITY)),
    config: definition.config.parse(JSON.parse(source.config)),
    rateLimit: source.rateLimit,
    routes,
  }
}
