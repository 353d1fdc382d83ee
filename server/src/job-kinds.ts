import type { Core } from './core.ts'
import { parserThread } from './entries.ts'
import type { Reparse } from './inbound/parse.ts'
import { createParsing } from './inbound/parse-thread.ts'
import { reverify } from './inbound/quarantine/reverify.ts'
import { type ReprocessNeeds, reprocessing } from './inbound/reprocess.ts'
import { sourceDefinitions } from './inbound/sources/index.ts'
import type { JobKind } from './jobs/step.ts'
import { cancelling } from './outbound/replay/cancel.ts'
import { cleaning } from './outbound/replay/clean.ts'
import { replaying } from './outbound/replay/replay.ts'
import { type Rehandling, rehandling } from './rehandle.ts'
import { erasingCustomers } from './retention/erase-customer.ts'

/** What a job has to tell the rest of its process. */
export interface JobNews {
  /** One has made events. */
  noteEvents(): void
  /** Lanes have new work. */
  noteLanes(endpointIds: readonly string[]): void
  /** What waits to be sent to this endpoint is to be looked at again. */
  noteEndpoint(endpointId: string): void
}

/** What jobs can do here. */
export interface JobKinds {
  all: readonly JobKind[]
  /** Ends the threads that they have begun. */
  close(): Promise<void>
}

/** Every kind of job, with what its steps need; `keptSince` says since when deliveries are kept. */
export function openJobKinds(
  core: Core,
  reading: Pick<Rehandling, 'reader' | 'limitMs' | 'settings'>,
  keptSince: () => number,
  { noteEvents, noteLanes, noteEndpoint }: JobNews,
): JobKinds {
  const { storage, journal, keyring } = core
  // Threads of their own: what comes in does not wait behind what is read again.
  const parsing = createParsing({ entry: parserThread, journal })
  const walkReads = { ...storage.reads, ...reading, keptSince }
  const needs = { ...core, reads: storage.reads, examine: parsing.examine, definitions: sourceDefinitions }
  return {
    all: [
      reprocessing({ ...readingNeeds(core, parsing.reparse), onAppended: noteEvents }),
      reverify({ ...needs, dedupeSecret: keyring.dedupe, onEvents: noteEvents }),
      erasingCustomers({ reads: storage.reads.erasure, onEnded: (endpointIds) => endpointIds.forEach(noteEndpoint) }),
      replaying({ reads: walkReads, onStirred: noteLanes, onNews: noteEvents }),
      cancelling({
        reads: walkReads,
        onEnded: (endpointIds) => endpointIds.forEach(noteEndpoint),
        onNews: noteEvents,
      }),
      cleaning({ reads: storage.reads.deliveries, onNews: noteEvents }),
      rehandling({
        ...reading,
        log: storage.reads.log,
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
