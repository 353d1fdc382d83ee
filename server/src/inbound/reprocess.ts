import { command } from '../base/command.ts'
import { dedupeWindowMs } from '../events/append.ts'
import type { NewEvent } from '../events/event.ts'
import type { LogReads, LogStore } from '../events/log-store.ts'
import type { Reparsed, Reparsing, StoredFilter, StoredMark } from '../events/reparse.ts'
import type { ReceivedRequest } from '../events/request.ts'
import type { Job, JobCounts } from '../jobs/job.ts'
import type { JobStore } from '../jobs/job-store.ts'
import { type JobKind, keepStep, type StepCall, type StepKept } from '../jobs/step.ts'
import type { Reparse } from './parse.ts'
import { causeOf, eventOf, keepHops } from './receive.ts'
import { Headers, type Incoming } from './source.ts'
import { openParser, type ParserNeeds, type SourceParser } from './source-parser.ts'

export const reprocessKind = 'reprocess'

/** What a job of this kind was started with: a filter whose times are texts, for people look at it. */
export interface ReprocessArgs extends Omit<StoredFilter, 'from' | 'to'> {
  from?: string
  to?: string
  /** What came after this was read by today's parser anyway. */
  before: string
}

export interface ReprocessNeeds extends ParserNeeds {
  log: Pick<LogReads, 'scanRequests' | 'readStored'>
  /** Reads the events of a request, here or on another thread. */
  reparse: Reparse
  /** The secret that keys the dedupe hash. */
  dedupeSecret: Buffer
}

/** Bodies that one step reads: at least one request, whatever it weighs. */
const stepBytes = 1024 * 1024

/** Requests that are read again, and what the job has come past with them. */
interface Work {
  requests: readonly Reparsed[]
  /** What was found and is not read: without body, without source, not genuine. */
  counts: JobCounts
  cursor: string | null
  isDone: boolean
}

/** Makes the events of these requests what today's parser makes of them, and moves the job. Tells how many were appended. */
export const reprocessStep = {
  ...command<{ jobs: JobStore; log: LogStore }, StepCall<Work>, StepKept<number> | null>(
    'reprocess-step',
    keepStep(async (tx, { requests, counts, cursor, isDone }) => {
      const outcomes = await tx.log.reparse(requests, dedupeWindowMs)
      const met = countsOf(outcomes)
      return { cursor, counts: { ...counts, ...met }, isDone, more: met.appended ?? 0 }
    }),
  ),
  weigh: ({ work }: StepCall<Work>) => weightOf(work.requests),
}

/** Runs stored requests through today's parsers, oldest first. */
export function reprocessing(needs: ReprocessNeeds & { onAppended(): void }): JobKind {
  return {
    kind: reprocessKind,
    async step(job, { limit, now, commit }) {
      const work = await workOf(job, limit, needs)
      const kept = await commit(reprocessStep, { job, now, work })
      if (kept && kept.more > 0) needs.onAppended()
      return kept?.job ?? null
    },
  }
}

/** The filter of a job as the log takes it. */
export function filterOf({ before, from, to, ...rest }: ReprocessArgs): StoredFilter {
  const end = Date.parse(before)
  return {
    ...rest,
    ...(from === undefined ? {} : { from: Date.parse(from) }),
    to: to === undefined ? end : Math.min(end, Date.parse(to)),
  }
}

async function workOf({ workspaceId, args, cursor }: Job, limit: number, needs: ReprocessNeeds): Promise<Work> {
  const filter = filterOf(args as unknown as ReprocessArgs)
  const { found, last, isEnd } = await needs.log.scanRequests(workspaceId, filter, cursor, limit)
  const marks = within(found, stepBytes)
  const isCut = marks.length < found.length
  const { requests, counts } = await reparse(workspaceId, marks, needs)
  return {
    requests,
    counts: { looked: marks.length, ...counts },
    cursor: isCut ? (marks.at(-1)?.id ?? cursor) : last,
    isDone: isEnd && !isCut,
  }
}

/** The first of them, as many as have no more bytes than that; at least one. */
function within(found: readonly StoredMark[], most: number): readonly StoredMark[] {
  let bytes = 0
  const end = found.findIndex(({ keptBytes }, i) => {
    bytes += keptBytes ?? 0
    return i > 0 && bytes > most
  })
  return end < 0 ? found : found.slice(0, end)
}

/** Reads requests with today's parsers. What is not read is counted. Changes nothing. */
export async function reparse(
  workspaceId: string,
  marks: readonly StoredMark[],
  needs: ReprocessNeeds,
): Promise<{ requests: Reparsed[]; counts: Readonly<Record<string, number>> }> {
  const parsers = openParser(needs)
  // What nobody has proven makes no event, whatever is in it.
  const genuine = marks.filter(({ verdict }) => verdict !== 'quarantined')
  const readable = genuine.filter(({ keptBytes }) => keptBytes !== null)
  const stored = await needs.log.readStored(
    workspaceId,
    readable.map(({ id }) => id),
  )
  const requests: Reparsed[] = []
  let withoutSource = 0
  for (const request of stored) {
    const source = await parsers.of(request)
    if (!source) withoutSource++
    else if (request.body !== null) requests.push(await readAgain(request, request.body, source, needs))
  }
  const counts = {
    quarantined: marks.length - genuine.length,
    withoutBody: genuine.length - requests.length - withoutSource,
    withoutSource,
  }
  return { requests, counts }
}

async function readAgain(
  request: ReceivedRequest,
  body: Uint8Array,
  source: SourceParser,
  needs: ReprocessNeeds,
): Promise<Reparsed> {
  const { id, sourceId, receivedAt, headers, method, url } = request
  const incoming: Incoming = {
    method,
    url,
    // Only its query is looked at by parsers, and the rest is nobody's business any more.
    address: `http://stored.invalid${url}`,
    isAddressed: false,
    headers: new Headers(headers),
    body: Buffer.from(body.buffer, body.byteOffset, body.byteLength),
  }
  const { events: found, fault } = await needs.reparse(incoming, source)
  if (fault) return { id, sourceId, receivedAt, events: null, cause: 'UNPARSABLE', detail: fault.detail }
  const events = found.map((event) => withoutMasked(eventOf(event, source, { requestId: id, receivedAt }, needs)))
  keepHops(events, incoming)
  return { id, sourceId, receivedAt, events, ...causeOf(events, undefined) }
}

/** A key that was read where the record is masked is everybody's: the event is made without one. */
function withoutMasked(event: NewEvent): NewEvent {
  return event.dedupe?.key.includes('***') ? { ...event, dedupe: null } : event
}

/** What these requests came to, added up. */
export function countsOf(outcomes: readonly Reparsing[]): Record<string, number> {
  const sum = (count: (each: Reparsing) => number) => outcomes.reduce((total, each) => total + count(each), 0)
  const isUnchanged = ({ added, isMended, isUnreadable, isGone }: Reparsing) =>
    added.length === 0 && !isMended && !isUnreadable && !isGone
  return {
    appended: sum(({ added, isHeld }) => (isHeld ? 0 : added.length)),
    held: sum(({ added, isHeld }) => (isHeld ? added.length : 0)),
    repeated: sum(({ repeated }) => repeated),
    outdated: sum(({ outdated }) => outdated.length),
    mended: sum(({ isMended }) => Number(isMended)),
    unparsable: sum(({ isUnreadable }) => Number(isUnreadable)),
    goneMeanwhile: sum(({ isGone }) => Number(isGone)),
    unchanged: sum((each) => Number(isUnchanged(each))),
  }
}

function weightOf(requests: readonly Reparsed[]): number {
  return requests.flatMap(({ events }) => events ?? []).reduce((sum, { data }) => sum + (data?.length ?? 0), 0)
}
