import type { Core } from './core.ts'
import { parserThread } from './entries.ts'
import type { Reparse } from './inbound/parse.ts'
import { createParsing } from './inbound/parse-thread.ts'
import { type ReprocessNeeds, reprocessing } from './inbound/reprocess.ts'
import { sourceDefinitions } from './inbound/sources/index.ts'
import type { JobKind } from './jobs/step.ts'
import { rehandling } from './rehandle.ts'

interface JobNeeds {
  /** What the operator has set for each follower. */
  settings: Readonly<Record<string, unknown>>
  /** Events were appended. */
  noteEvents(): void
  /** Lanes have new work. */
  noteLanes(endpointIds: readonly string[]): void
}

/** Every kind of job, with what its steps need; their threads are ended by `close`. */
export function openJobKinds(
  core: Core,
  { settings, noteEvents, noteLanes }: JobNeeds,
): { kinds: readonly JobKind[]; close(): Promise<void> } {
  // Threads of their own: what comes in does not wait behind what is read again.
  const parsing = createParsing({ entry: parserThread, journal: core.journal })
  return {
    kinds: [
      reprocessing({ ...readingNeeds(core, parsing.reparse), onAppended: noteEvents }),
      rehandling({
        log: core.storage.reads.log,
        settings,
        onStirred({ lanes, made }) {
          noteLanes(lanes)
          if (made > 0) noteEvents()
        },
      }),
    ],
    close: parsing.close,
  }
}

/** What reading stored requests again takes. */
export function readingNeeds({ storage, keyring }: Core, reparse: Reparse): ReprocessNeeds {
  const { log, sources } = storage.reads
  return { log, sources, definitions: sourceDefinitions, reparse, dedupeSecret: keyring.dedupe }
}
