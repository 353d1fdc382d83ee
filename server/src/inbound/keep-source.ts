import { command } from '../base/command.ts'
import { Problem } from '../base/errors.ts'
import type { NewEvent } from '../events/event.ts'
import type { LogStore } from '../events/log-store.ts'
import { type Claim, mostClaimants, type Source, type SourceChanges, type SourceStore } from './source-store.ts'

export type SourceTx = { sources: SourceStore; log: LogStore }

/** Creates a source, and its place at a fixed path if it claims one. */
export const createSource = command<SourceTx, { source: Source; claim?: Claim; news: NewEvent }, Source>(
  'create-source',
  async (tx, { source, claim, news }) => {
    await tx.sources.insert(source)
    if (claim) await claimPath(tx, source, claim)
    await tx.log.appendEvents([news])
    return source
  },
)

export interface SourceUpdate {
  workspaceId: string
  id: string
  changes: SourceChanges
  /** A new claim of a fixed path, or null to give the place up. */
  claim?: Claim | null
  now: number
  news: NewEvent
}

/** Changes a source. */
export const updateSource = command<SourceTx, SourceUpdate, Source>(
  'update-source',
  async (tx, { workspaceId, id, changes, claim, now, news }) => {
    const updated = await tx.sources.update(workspaceId, id, changes, now)
    if (!updated) throw noSource(id)
    if (claim !== undefined) await claimPath(tx, updated, claim)
    await tx.log.appendEvents([news])
    return claim === undefined ? updated : { ...updated, fixedPath: claim?.path ?? null }
  },
)

export interface SecretRotation {
  workspaceId: string
  id: string
  /** The sealed secrets as they were when the new ones were made of them, the new ones, and those that are former then. */
  sealed: { before: string; after: string; former: string }
  now: number
  news: NewEvent
}

/** Gives a source other secrets, unless somebody else has done so meanwhile: of two who rotate at once, one must begin anew. */
export const rotateSecret = command<SourceTx, SecretRotation, Source>(
  'rotate-secret',
  async (tx, { workspaceId, id, sealed, now, news }) => {
    const rotated = await tx.sources.replaceSecrets(workspaceId, id, sealed, now)
    if (!rotated) {
      if (!(await tx.sources.read(workspaceId, id))) throw noSource(id)
      throw new Problem('CONFLICT', `somebody else has changed the secrets of source "${id}" at the same time`)
    }
    await tx.log.appendEvents([news])
    return rotated
  },
)

/** Deletes a source. What it received stays in the log; what it holds is not there yet, and would be lost. */
export const deleteSource = command<SourceTx, { workspaceId: string; id: string; news: NewEvent }, null>(
  'delete-source',
  async (tx, { workspaceId, id, news }) => {
    const known = await tx.sources.read(workspaceId, id)
    if (!known) throw noSource(id)
    if (!(await tx.sources.remove(workspaceId, id))) throw noSource(id)
    // After the removal, which nobody can hold anything for the source behind.
    if (await tx.sources.holds(id)) throw holdsStill(id)
    await tx.log.appendEvents([{ ...news, customer: known.customer }])
    return null
  },
)

export function noSource(id: string): Problem {
  return new Problem('NOT_FOUND', `there is no source "${id}"`)
}

function holdsStill(id: string): Problem {
  return new Problem(
    'CONFLICT',
    `source "${id}" still holds requests whose events are not made; set its status to "enabled" and wait until it holds none`,
  )
}

/** Takes a place at a fixed path. Whoever calls it keeps nothing when it throws. */
export async function claimPath(tx: SourceTx, { id }: Source, claim: Claim | null): Promise<void> {
  const outcome = await tx.sources.claim(id, claim, mostClaimants)
  if (outcome === 'path-full') {
    throw new Problem(
      'CONFLICT',
      `${mostClaimants} sources share ${claim?.path} already, and no more can; let one of them give it up with "fixedPath": false, or post to the source's own URL`,
      { errors: [{ at: '/fixedPath', message: `the path has its ${mostClaimants} sources` }] },
    )
  }
  if (outcome === 'token-taken') {
    throw new Problem('CONFLICT', `another source is found at ${claim?.path} by this token; choose another token`, {
      errors: [{ at: '/token', message: 'is another source’s' }],
    })
  }
}
