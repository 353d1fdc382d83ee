import type { Savepoint } from '../base/command.ts'
import { command } from '../base/command.ts'
import { Problem } from '../base/errors.ts'
import type { NewEvent } from '../events/event.ts'
import { claimPath, type SourceTx } from './keep-source.ts'
import type { Claim, Source } from './source-store.ts'

/** A source that a variable of the environment sets up. */
export interface EnvironmentSource {
  /** Tells it from the others, such as `environment:kapso`. */
  origin: string
  /** The source as it is made if there is none. */
  source: Source
  claim: Claim
  news: NewEvent
}

/** The source that there is now, and what it is found by. */
export interface KeptSource {
  source: Source
  tokenHash: string | null
  /** Sealed: its secrets that verify no longer. */
  former: string | undefined
  isNew: boolean
  /** Why it did not get its place at the fixed path. */
  claimFault?: string
}

/**
 * Makes the source of an origin unless there is one. Safe at every start and for processes that start at once: one of them
 * makes it, the others find it. What it claims is claimed again if it was given up meanwhile; a path that is full keeps no
 * server from starting.
 */
export const keepEnvironmentSource = command<SourceTx & Savepoint, EnvironmentSource, KeptSource>(
  'keep-environment-source',
  async (tx, { origin, source, claim, news }) => {
    const id = await tx.sources.keepOrigin(origin, source.id)
    const isNew = id === source.id
    if (isNew) {
      await tx.sources.insert(source)
      await tx.log.appendEvents([news])
    }
    const kept = await tx.sources.byId(id)
    if (!kept) throw new Error(`the source "${id}" of ${origin} is gone, and its origin is not`)
    const claimFault = kept.fixedPath === claim.path ? undefined : await tryClaim(tx, kept, claim)
    return {
      source: claimFault === undefined ? { ...kept, fixedPath: claim.path } : kept,
      tokenHash: await tx.sources.tokenHash(id),
      former: await tx.sources.formerSecrets(kept.workspaceId, id),
      isNew,
      ...(claimFault === undefined ? {} : { claimFault }),
    }
  },
)

async function tryClaim(tx: SourceTx & Savepoint, source: Source, claim: Claim): Promise<string | undefined> {
  try {
    await tx.savepoint(() => claimPath(tx, source, claim))
    return undefined
  } catch (error) {
    if (error instanceof Problem) return error.message
    throw error
  }
}
