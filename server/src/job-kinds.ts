import type { Core } from './core.ts'
import { parserThread } from './entries.ts'
import { createParsing } from './inbound/parse-thread.ts'
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
  // Apart from the thread of what comes in: a job is in no hurry, and nobody is to wait for it.
  const parsing = createParsing({ entry: parserThread, journal })
  const needs = { ...core, reads: storage.reads, examine: parsing.examine, definitions: sourceDefinitions }
  return {
    all: [reverify({ ...needs, dedupeSecret: keyring.dedupe, onEvents })],
    close: parsing.close,
  }
}
