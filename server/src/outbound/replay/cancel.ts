import { command } from '../../base/command.ts'
import type { LogStore } from '../../events/log-store.ts'
import { addCounts } from '../../jobs/job.ts'
import type { JobStore } from '../../jobs/job-store.ts'
import { type JobKind, keepStep, type StepCall, type StepKept } from '../../jobs/step.ts'
import type { DeliveryStore } from '../delivery/delivery-store.ts'
import type { LaneStore } from '../lane/lane-store.ts'
import { type ChoiceArgs, choiceOf } from './choice.ts'
import { endedNews } from './record.ts'
import { type WalkReads, walkBack } from './walk.ts'

export const cancelKind = 'cancel-deliveries'

interface Work {
  deliveries: readonly { id: string; endpointId: string }[]
  cursor: string | null
  isDone: boolean
}

type CancelTx = { jobs: JobStore; log: LogStore; lanes: LaneStore; deliveries: DeliveryStore }

/** Ends unfinished deliveries, and moves the job. Tells the endpoints whose queues are shorter. */
export const cancelStep = command<CancelTx, StepCall<Work>, StepKept<readonly string[]> | null>(
  'cancel-deliveries-step',
  (tx, call) =>
    keepStep<CancelTx, Work, readonly string[]>(async (_, { deliveries, cursor, isDone }, job) => {
      const endpointIds = [...new Set(deliveries.map(({ endpointId }) => endpointId))]
      // The lanes first: who records outcomes takes them in that order too.
      await tx.lanes.due(endpointIds, call.now)
      const ids = deliveries.map(({ id }) => id)
      const cancelled = await tx.deliveries.endAll(job.workspaceId, ids, 'CANCELLED', call.now)
      const counts = { looked: ids.length, cancelled, doneMeanwhile: ids.length - cancelled }
      if (isDone) await tx.log.appendEvents([endedNews(job, addCounts(job.counts, counts), call.now)])
      return { cursor, counts, isDone, more: endpointIds }
    })(tx, call),
)

/**
 * Cancels deliveries, the newest first: where they go one after the other, the end of one must not send the next. `onEnded` hears of the endpoints for which some may be in hand already.
 */
export function cancelling(needs: {
  reads: WalkReads
  onEnded(endpointIds: readonly string[]): void
  onNews(): void
}): JobKind {
  return {
    kind: cancelKind,
    async step(job, { limit, now, commit }) {
      const choice = choiceOf(job.args as unknown as ChoiceArgs)
      const { chosen, cursor, isEnd } = await walkBack(job.workspaceId, choice, job.cursor, limit, needs.reads)
      const deliveries = chosen.flatMap((each) => (each.kind === 'delivery' ? [each.delivery] : []))
      const work = { deliveries: deliveries.map(({ id, endpointId }) => ({ id, endpointId })), cursor, isDone: isEnd }
      const kept = await commit(cancelStep, { job, now, work })
      if (kept) needs.onEnded(kept.more)
      if (kept?.job.status === 'done') needs.onNews()
      return kept?.job ?? null
    },
  }
}
