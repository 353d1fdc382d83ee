import type { Page } from '../base/page.ts'
import type { RateLimit } from '../base/rate-limit.ts'

/** A place where a provider's requests come in. */
export interface Source {
  id: string
  workspaceId: string
  customer: string | null
  kind: string
  name: string
  /** The unguessable part of its URL. */
  key: string
  /** Sealed JSON: the secrets that verify, current first. */
  sealedSecrets: string
  /** The settings of its kind, as JSON text. */
  config: string
  isEnabled: boolean
  createdAt: number
  updatedAt: number
  /** Who made it: a call of the API, or a variable of the environment. */
  origin: 'api' | 'environment'
  /** The fixed path that it claims. */
  fixedPath: string | null
  holding: Holding
  /** Another number whenever its routes have changed; 0 for a source that never had one. */
  routesVersion: number
  /** How many requests it takes; null for as many as the server's default says. */
  rateLimit: RateLimit | null
}

/** Whether requests wait without making events: `paused` holds all of them, `releasing` those behind the ones held before. */
export type Holding = 'none' | 'paused' | 'releasing'

/** Where the events of a route go. */
export interface Destination {
  workspaceId: string
  customer: string | null
}

export interface SourceRoute extends Destination {
  /** What the provider calls it: a phone number's id, an account's id. */
  route: string
  createdAt: number
  updatedAt: number
}

/** A route that events had and that the source does not know. */
export interface UnknownRoute {
  route: string
  count: number
  firstSeenAt: number
  lastSeenAt: number
}

/** A source that is found at a fixed path. */
export interface Claimant {
  source: Source
  /** SHA-256 of the token that names it, in hex; null when it has none. */
  tokenHash: string | null
}

/** What a source asks for when it claims a path. */
export type Claim = { path: string; tokenHash: string | null }

/** How a claim ended. */
export type ClaimOutcome = 'claimed' | 'path-full' | 'token-taken'

/** So many sources share a fixed path at most: each of their secrets may have to be tried for one request. */
export const mostClaimants = 16

export interface SourceReads {
  read(workspaceId: string, id: string): Promise<Source | undefined>
  /** Newest first. */
  list(workspaceId: string, page: Page): Promise<readonly Source[]>
  /** By the key in its URL, whatever its workspace: this is how a request finds its workspace. */
  byKey(key: string): Promise<Source | undefined>
  /** The enabled sources that claim a path, whatever their workspaces, the oldest first. */
  claimants(path: string): Promise<readonly Claimant[]>
  /** Every route of a source, for the way in. */
  routes(sourceId: string): Promise<readonly SourceRoute[]>
  /** By their names. */
  listRoutes(workspaceId: string, sourceId: string, page: Page): Promise<readonly SourceRoute[]>
  /** Those seen last first. */
  unknownRoutes(workspaceId: string, sourceId: string, limit: number): Promise<readonly UnknownRoute[]>
  /** How many requests each of these sources holds; those that hold none are left out. */
  held(workspaceId: string, ids: readonly string[]): Promise<readonly { sourceId: string; requests: number }[]>
  /** Sealed: secrets that verify no longer; undefined for a source that has changed none. */
  formerSecrets(workspaceId: string, id: string): Promise<string | undefined>
  /** By its id alone, for the server itself. */
  byId(id: string): Promise<Source | undefined>
  /** The newest sources of a kind. */
  ofKind(workspaceId: string, kind: string, limit: number): Promise<readonly Source[]>
  /** Another number whenever a source, a claim or a route has changed. */
  version(): Promise<number>
  /** Sources that are not paused any more and still hold requests, at most `limit`. */
  releasing(limit: number): Promise<readonly string[]>
}

export type SourceChanges = Partial<Pick<Source, 'name' | 'sealedSecrets' | 'config' | 'isEnabled' | 'rateLimit'>> & {
  /** Sealed: the secrets that have ended, or will, with this change. */
  formerSecrets?: string
  /** False releases what was held. */
  isPaused?: boolean
}

/** A route that was seen unknown, and how often since the last report. */
export interface UnknownSighting {
  sourceId: string
  route: string
  count: number
  at: number
}

export interface SourceStore extends SourceReads {
  insert(source: Source): Promise<void>
  /** The source as it is now, or undefined when the workspace has none of that id. */
  update(workspaceId: string, id: string, changes: SourceChanges, now: number): Promise<Source | undefined>
  /** Changes its secrets if they are still what they were; undefined when they are not, or there is no such source. */
  replaceSecrets(
    workspaceId: string,
    id: string,
    sealed: { before: string; after: string; former: string },
    now: number,
  ): Promise<Source | undefined>
  /** Takes it away with its claims and routes. */
  remove(workspaceId: string, id: string): Promise<boolean>
  /**
   * Makes the source one of those found at a path, in place of what it claimed before; null gives its place up. A path
   * has `most` places. Of an outcome other than `claimed` nothing may be kept.
   */
  claim(sourceId: string, claim: Claim | null, most: number): Promise<ClaimOutcome>
  /** The hash of the token that the source is found by. */
  tokenHash(sourceId: string): Promise<string | null>
  /** Makes the source the one of this origin unless there is one; answers the id of the one there is. */
  keepOrigin(name: string, sourceId: string): Promise<string>
  /** Whether it holds any request. */
  holds(sourceId: string): Promise<boolean>
  hasWorkspace(id: string): Promise<boolean>
  countRoutes(sourceId: string): Promise<number>
  /** Answers the route as it is now; its name is unknown no longer. */
  putRoute(sourceId: string, route: SourceRoute): Promise<SourceRoute>
  removeRoute(sourceId: string, route: string): Promise<boolean>
  /** Adds up, and leaves each source the `keep` that were seen last. */
  noteUnknown(sightings: readonly UnknownSighting[], keep: number): Promise<void>
}
