import type { Clock } from '../base/clock.ts'
import type { Savepoint } from '../base/command.ts'
import { type Commit, command } from '../base/command.ts'
import { dedupeWindowMs } from '../events/append.ts'
import type { LogReads, LogStore } from '../events/log-store.ts'
import type { Reparsed, Reparsing, StoredFilter, StoredMark } from '../events/reparse.ts'
import type { JobPlan } from '../jobs/job.ts'
import { type ReprocessNeeds, reparse } from './reprocess.ts'

/** How long counting may take: there may be millions. */
const countMs = 1000
const countedAtOnce = 2000

/** Requests that a sample is looked for among, and their bodies' bytes. */
const sampledRequests = 200
const sampledBytes = 4 * 1024 * 1024
/** Those that are shown. */
const shownRequests = 20

/** Requests that would be read again, and what would become of those that come first. */
export interface ReprocessPlan extends JobPlan {
  sample: {
    /** The first of them, so many. */
    looked: number
    /** So many of these would change. */
    differing: number
    /** So many of these cannot be read today. */
    unparsable: number
    counts: Readonly<Record<string, number>>
    requests: readonly (Pick<StoredMark, 'sourceId' | 'receivedAt' | 'cause'> & Reparsing)[]
  }
}

/** What `reparse` would do, told and undone. */
export const previewReparse = {
  ...command<{ log: LogStore } & Savepoint, readonly Reparsed[], readonly Reparsing[]>(
    'preview-reparse',
    async (tx, requests) => {
      let outcomes: readonly Reparsing[] = []
      const undone = new Error('this was a trial')
      try {
        await tx.savepoint(async () => {
          outcomes = await tx.log.reparse(requests, dedupeWindowMs)
          throw undone
        })
      } catch (error) {
        if (error !== undone) throw error
      }
      return outcomes
    },
  ),
}

/** Counts the requests of a filter, for as long as a caller may wait. */
export async function countStored(
  workspaceId: string,
  filter: StoredFilter,
  { log, clock }: { log: Pick<LogReads, 'scanRequests'>; clock: Clock },
): Promise<JobPlan> {
  const begin = clock.elapsed()
  let count = 0
  let after: string | null = null
  while (clock.elapsed() - begin < countMs) {
    const { found, last, isEnd } = await log.scanRequests(workspaceId, filter, after, countedAtOnce)
    count += found.length
    if (isEnd) return { count, isAtLeast: false }
    after = last
  }
  return { count, isAtLeast: true }
}

/** Says what reprocessing would do. Changes nothing. */
export async function planReprocess(
  workspaceId: string,
  filter: StoredFilter,
  needs: ReprocessNeeds & { clock: Clock; commit: Commit },
): Promise<ReprocessPlan> {
  const plan = await countStored(workspaceId, filter, needs)
  const marks = await firstOf(workspaceId, filter, needs)
  const { requests, counts } = await reparse(workspaceId, marks, needs)
  const outcomes = await needs.commit(previewReparse, requests)
  const byId = new Map(marks.map((mark) => [mark.id, mark]))
  const differing = outcomes.filter((outcome) => differs(outcome, byId.get(outcome.requestId)?.cause))
  return {
    ...plan,
    sample: {
      looked: marks.length,
      differing: differing.length,
      unparsable: outcomes.filter(({ isUnreadable }) => isUnreadable).length,
      counts,
      requests: differing.slice(0, shownRequests).flatMap((outcome) => {
        const mark = byId.get(outcome.requestId)
        return mark ? [{ ...outcome, sourceId: mark.sourceId, receivedAt: mark.receivedAt, cause: mark.cause }] : []
      }),
    },
  }
}

/** The first requests of a filter, or none where they are too far apart to be found soon. */
async function firstOf(
  workspaceId: string,
  filter: StoredFilter,
  { log, clock }: Pick<ReprocessNeeds, 'log'> & { clock: Clock },
): Promise<readonly StoredMark[]> {
  const begin = clock.elapsed()
  const marks: StoredMark[] = []
  let after: string | null = null
  let bytes = 0
  while (clock.elapsed() - begin < countMs) {
    const { found, last, isEnd } = await log.scanRequests(workspaceId, filter, after, sampledRequests - marks.length)
    for (const mark of found) {
      bytes += mark.keptBytes ?? 0
      if (bytes > sampledBytes && marks.length > 0) return marks
      marks.push(mark)
    }
    if (isEnd || marks.length >= sampledRequests) break
    after = last
  }
  return marks
}

/** One that could not be read before and cannot now stays what it is. */
function differs({ added, outdated, isMended, isUnreadable }: Reparsing, cause: string | null = null): boolean {
  return added.length > 0 || outdated.length > 0 || isMended || (isUnreadable && cause !== 'UNPARSABLE')
}
