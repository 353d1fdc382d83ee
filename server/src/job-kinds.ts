import type { Core } from './core.ts'
import { parserThread } from './entries.ts'
import type { Reparse } from './inbound/parse.ts'
import { createParsing } from './inbound/parse-thread.ts'
import { type ReprocessNeeds, reprocessing } from './inbound/reprocess.ts'
import { sourceDefinitions } from './inbound/sources/index.ts'
import type { JobKind } from './jobs/step.ts'

/** Every kind of job, with what its steps need; their threads are ended by `close`. */
export function openJobKinds(
  core: Core,
  { noteEvents }: { noteEvents(): void },
): { kinds: readonly JobKind[]; close(): Promise<void> } {
  // Threads of their own: what comes in does not wait behind what is read again.
  const parsing = createParsing({ entry: parserThread, journal: core.journal })
  return {
    kinds: [reprocessing({ ...readingNeeds(core, parsing.reparse), onAppended: noteEvents })],
    close: parsing.close,
  }
}

/** What reading stored requests again takes. */
export function readingNeeds({ storage, keyring }: Core, reparse: Reparse): ReprocessNeeds {
  const { log, sources } = storage.reads
  return { log, sources, definitions: sourceDefinitions, reparse, dedupeSecret: keyring.dedupe }
}
