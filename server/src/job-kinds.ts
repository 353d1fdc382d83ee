import type { Core } from './core.ts'
import { parserThread } from './entries.ts'
import type { Reparse } from './inbound/parse.ts'
import { createParsing } from './inbound/parse-thread.ts'
import { type ReprocessNeeds, reprocessing } from './inbound/reprocess.ts'
import { reverify } from './inbound/reverify.ts'
import { sourceDefinitions } from './inbound/sources/index.ts'
import type { JobKind } from './jobs/step.ts'

/** What jobs can do here. */
export interface JobKinds {
  all: readonly JobKind[]
  /** Ends the threads that they have begun. */
  close(): Promise<void>
}

/** Every kind of job, with what its steps need; `onEvents` hears when one has made events. */
export function openJobKinds(core: Core, onEvents: () => void): JobKinds {
  const { storage, journal, keyring } = core
  // Threads of their own: what comes in does not wait behind what is read again.
  const parsing = createParsing({ entry: parserThread, journal })
  const needs = { ...core, reads: storage.reads, examine: parsing.examine, definitions: sourceDefinitions }
  return {
    all: [
      reprocessing({ ...readingNeeds(core, parsing.reparse), onAppended: onEvents }),
      reverify({ ...needs, dedupeSecret: keyring.dedupe, onEvents }),
    ],
    close: parsing.close,
  }
}

/** What reading stored requests again takes. */
export function readingNeeds({ storage, keyring }: Core, reparse: Reparse): ReprocessNeeds {
  const { log, sources } = storage.reads
  return { log, sources, definitions: sourceDefinitions, reparse, dedupeSecret: keyring.dedupe }
}
