import type { Clock } from '../../base/clock.ts'
import { command } from '../../base/command.ts'
import type { LogStore } from '../../events/log-store.ts'
import { addCounts } from '../../jobs/job.ts'
import type { JobStore } from '../../jobs/job-store.ts'
import { type JobKind, keepStep, type StepCall, type StepKept } from '../../jobs/step.ts'
import type { DeliveryMark, DeliveryReads, DeliveryStore } from '../delivery/delivery-store.ts'
import { type ChoiceArgs, choiceOf } from './choice.ts'
import { endedNews } from './record.ts'

export const cleanKind = 'clean-deliveries'

/** Which deliveries that have ended are removed. */
export interface CleanArgs extends ChoiceArgs {
  /** Those that ended before then, as text. */
  endedBefore?: string
  /** Those beyond so many of the newest. */
  keep?: number
}

/** Where a cleaning stands: before this delivery, with so many newer ones kept. */
interface Place {
  before: string | null
  kept: number
}

interface Work {
  ids: readonly string[]
  looked: number
  cursor: string | null
  isDone: boolean
}

type CleanTx = { jobs: JobStore; log: LogStore; deliveries: DeliveryStore }

/** Removes deliveries that have ended, and moves the job. */
export const cleanStep = command<CleanTx, StepCall<Work>, StepKept<null> | null>('clean-deliveries-step', (tx, call) =>
  keepStep<CleanTx, Work, null>(async (_, { ids, looked, cursor, isDone }, job) => {
    const removed = await tx.deliveries.removeAll(job.workspaceId, ids)
    const counts = { looked, removed, kept: looked - removed }
    if (isDone) await tx.log.appendEvents([endedNews(job, addCounts(job.counts, counts), call.now)])
    return { cursor, counts, isDone, more: null }
  })(tx, call),
)

/** Removes deliveries that have ended, the newest first: so that it is known how many are kept. */
export function cleaning(needs: { reads: Pick<DeliveryReads, 'scanBack'>; onNews(): void }): JobKind {
  return {
    kind: cleanKind,
    async step(job, { limit, now, commit }) {
      const args = job.args as unknown as CleanArgs
      const { chosen, looked, cursor, isEnd } = await cleanable(job.workspaceId, args, job.cursor, limit, needs.reads)
      const work = { ids: chosen.map(({ id }) => id), looked, cursor, isDone: isEnd }
      const kept = await commit(cleanStep, { job, now, work })
      if (kept?.job.status === 'done') needs.onNews()
      return kept?.job ?? null
    },
  }
}

/** The next of those that would be removed, from the newest on. */
export async function cleanable(
  workspaceId: string,
  args: CleanArgs,
  cursor: string | null,
  limit: number,
  reads: Pick<DeliveryReads, 'scanBack'>,
): Promise<{ chosen: readonly DeliveryMark[]; looked: number; cursor: string | null; isEnd: boolean }> {
  const place: Place = cursor === null ? { before: null, kept: 0 } : placeOf(cursor)
  const { found, last, isEnd } = await reads.scanBack(workspaceId, choiceOf(args), place.before, limit)
  const line = args.endedBefore === undefined ? undefined : Date.parse(args.endedBefore)
  let { kept } = place
  const chosen = found.filter(({ endedAt }) => {
    const isOld = line !== undefined && (endedAt ?? 0) < line
    const isBeyond = args.keep !== undefined && kept >= args.keep
    if (!isOld && !isBeyond) kept++
    return isOld || isBeyond
  })
  return { chosen, looked: found.length, cursor: last === null ? null : `${last}@${kept}`, isEnd }
}

function placeOf(cursor: string): Place {
  const [before = '', kept] = cursor.split('@')
  return { before, kept: Number(kept) }
}

/** How long counting may take. */
const countMs = 1000
const lookedAtOnce = 2000

/** How many would be removed, of how many that are looked at. Ends after a second; then there are at least so many. */
export async function planCleaning(
  workspaceId: string,
  args: CleanArgs,
  { clock, deliveries }: { clock: Clock; deliveries: Pick<DeliveryReads, 'scanBack'> },
): Promise<{ count: number; looked: number; isAtLeast: boolean }> {
  const begin = clock.elapsed()
  const total = { count: 0, looked: 0 }
  let place: string | null = null
  while (clock.elapsed() - begin < countMs) {
    const { chosen, looked, cursor, isEnd } = await cleanable(workspaceId, args, place, lookedAtOnce, deliveries)
    total.count += chosen.length
    total.looked += looked
    place = cursor
    if (isEnd) return { ...total, isAtLeast: false }
  }
  return { ...total, isAtLeast: true }
}
