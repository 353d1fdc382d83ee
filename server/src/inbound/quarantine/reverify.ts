import type { Clock } from '../../base/clock.ts'
import { command } from '../../base/command.ts'
import type { Meter } from '../../base/meter.ts'
import type { Seal } from '../../base/seal.ts'
import type { LogReads } from '../../events/log-store.ts'
import { type Accepted, acceptAfterAll, type BetterCause, type QuarantineTx } from '../../events/quarantine.ts'
import type { QuarantinedHead, QuarantineReads } from '../../events/quarantine-store.ts'
import type { NewRequest } from '../../events/request.ts'
import type { Job, JobCounts } from '../../jobs/job.ts'
import type { JobStore } from '../../jobs/job-store.ts'
import { type JobKind, keepStep, type StepCall, type StepKept } from '../../jobs/step.ts'
import { type OpenSource, openSource } from '../open-source.ts'
import type { Examine } from '../parse.ts'
import { type RecordNeeds, recordOf } from '../receive.ts'
import type { SourceDefinition } from '../source.ts'
import type { SourceReads } from '../source-store.ts'
import { type Address, addressOf, readStored, type StoredRequest } from './stored-request.ts'

/** What a job of this kind is started with. */
export interface Reverification {
  sourceId: string
  /** From when on the requests came, and until when (exclusive): as the API shows times, for it shows this too. */
  from: string | null
  to: string | null
  /** What senders were told that our URLs begin with: some sign it. */
  publicUrl: string
}

export interface ReverifyNeeds extends RecordNeeds {
  reads: { log: LogReads; sources: SourceReads; quarantine: QuarantineReads }
  definitions: ReadonlyMap<string, SourceDefinition>
  /** Proves and parses, here or on another thread. */
  examine: Examine
  seal: Seal
  clock: Clock
  meter: Meter
  /** Events were made. */
  onEvents(): void
}

/** What of one step is proven again, and kept in one transaction: at least one request, whatever it weighs. */
const batchBytes = 1024 * 1024
const batchRequests = 64

/** What a step has found out. */
interface Found {
  cursor: string
  isDone: boolean
  /** Proven now: they become requests like any other. */
  genuine: readonly NewRequest[]
  /** Rightly signed by now, and refused for their time. */
  better: readonly BetterCause[]
  counts: JobCounts
}

type StepTx = QuarantineTx & { jobs: JobStore }

/** Ends a step: what was proven is accepted in order of receipt, and the job moves on. */
export const reverifyStep = command<StepTx, StepCall<Found>, StepKept<Accepted> | null>(
  'reverify-step',
  keepStep(async (tx: StepTx, { cursor, isDone, genuine, better, counts }: Found, job) => {
    const accepted = await acceptAfterAll(tx, genuine, job.updatedAt)
    for (const { request, cause, detail } of better) await tx.quarantine.noteCause(request, cause, detail)
    const { accepted: made, repeats, events, gone } = accepted
    return { cursor, isDone, counts: { ...counts, accepted: made, repeats, events, gone }, more: accepted }
  }),
)

/**
 * Proves the refused requests of a source again, the oldest first, each as of its time of receipt and with the secrets
 * that the source has now; those that are genuine are accepted. What was stale then stays refused. At a path that several
 * sources share, all that came there is tried: what turns out to be this source's becomes its own.
 */
export function reverify(needs: ReverifyNeeds): JobKind {
  return {
    kind: 'reverify',
    async step(job, { limit, now, commit }) {
      const { sourceId } = job.args as unknown as Reverification
      const address = await addressOf(job.workspaceId, sourceId, needs)
      // Deleted or disabled meanwhile: there is nobody that anything could be accepted for.
      const work = address?.source.isEnabled ? await findGenuine(job, address, limit, needs) : nothingMore(job)
      const kept = await commit(reverifyStep, { job, now, work })
      if (!kept) return null
      tell(kept.more, address?.definition.kind ?? 'none', needs)
      return kept.job
    },
  }
}

const nothingMore = ({ cursor }: Job): Found => ({
  cursor: cursor ?? '',
  isDone: true,
  genuine: [],
  better: [],
  counts: { looked: 0 },
})

async function findGenuine(job: Job, address: Address, limit: number, needs: ReverifyNeeds): Promise<Found> {
  const { from, to, publicUrl } = job.args as unknown as Reverification
  const range = {
    sourceIds: address.sourceIds,
    after: job.cursor,
    ...(from === null ? {} : { from: Date.parse(from) }),
    ...(to === null ? {} : { to: Date.parse(to) }),
  }
  const most = Math.min(limit, batchRequests)
  const listed = await needs.reads.quarantine.listHeads(range, most)
  const heads = within(listed, batchBytes)
  const last = heads.at(-1)
  if (!last) return nothingMore(job)
  const found = await proveAll(heads, address, publicUrl, needs)
  return { ...found, cursor: last.requestId, isDone: heads.length === listed.length && listed.length < most }
}

function within(heads: readonly QuarantinedHead[], most: number): readonly QuarantinedHead[] {
  let bytes = 0
  const size = heads.findIndex((head, i) => {
    bytes += head.bytes
    return i > 0 && bytes > most
  })
  return size < 0 ? heads : heads.slice(0, size)
}

async function proveAll(
  heads: readonly QuarantinedHead[],
  address: Address,
  publicUrl: string,
  needs: ReverifyNeeds,
): Promise<Pick<Found, 'genuine' | 'better' | 'counts'>> {
  const routes = await routesOf(address.source.id, needs)
  // With the secrets that are valid today: they are what was mended.
  const source = openSource(address.source, address.definition, { seal: needs.seal, now: needs.clock.now(), routes })
  const genuine: NewRequest[] = []
  const better: BetterCause[] = []
  let stillRefused = 0
  let withoutBody = 0
  // Asked for together: to wait for each of them by itself would be most of the time.
  const all = await Promise.all(heads.map((head) => readStored(head, address, { ...needs, publicUrl })))
  for (const stored of all) {
    if (stored === undefined) withoutBody++
    if (stored === undefined || stored === 'elsewhere') continue
    const { request, cause } = await prove(stored, source, needs)
    if (request) genuine.push(request)
    else stillRefused++
    if (cause) better.push(cause)
  }
  return { genuine, better, counts: { looked: heads.length, stillRefused, withoutBody } }
}

async function routesOf(sourceId: string, { reads }: ReverifyNeeds): Promise<OpenSource['routes']> {
  const routes = await reads.sources.routes(sourceId)
  return new Map(routes.map(({ route, workspaceId, customer }) => [route, { workspaceId, customer }]))
}

async function prove(
  { record, incoming }: StoredRequest,
  source: OpenSource,
  needs: ReverifyNeeds,
): Promise<{ request?: NewRequest; cause?: BetterCause }> {
  // As of its receipt: a request that was caught and kept by somebody does not become fresh.
  const { verdict, parsed } = await needs.examine(incoming, source, record.receivedAt)
  if (verdict.kind === 'refused') {
    const isTime = verdict.cause === 'STALE' || verdict.cause === 'FROM_FUTURE'
    const isNew = isTime && record.sourceId === source.id && record.cause !== verdict.cause
    return isNew ? { cause: { request: record, cause: verdict.cause, detail: verdict.detail } } : {}
  }
  const arrival = {
    requestId: record.id,
    receivedAt: record.receivedAt,
    wallTime: record.receivedAt,
    senderAddress: record.senderAddress,
  }
  return {
    request: recordOf(incoming, source, arrival, { verdict: verdict.kind, parsed, verifyMs: record.verifyMs }, needs),
  }
}

/** Counts what was made as for requests that are accepted when they come. */
function tell({ accepted, repeats, events }: Accepted, kind: string, { meter, onEvents }: ReverifyNeeds): void {
  if (accepted + repeats > 0) meter.add('trunkline_accepted_after_all_total', accepted + repeats, { kind })
  if (events === 0) return
  meter.add('trunkline_events_total', events, { kind })
  onEvents()
}
