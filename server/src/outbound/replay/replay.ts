import { command } from '../../base/command.ts'
import { newId } from '../../base/id.ts'
import type { EventHead } from '../../events/event.ts'
import type { LogStore } from '../../events/log-store.ts'
import { addCounts } from '../../jobs/job.ts'
import type { JobStore } from '../../jobs/job-store.ts'
import { type JobKind, keepStep, type StepCall, type StepKept } from '../../jobs/step.ts'
import type { DeliveryStatus } from '../delivery/delivery.ts'
import type { DeliveryStore } from '../delivery/delivery-store.ts'
import type { EndpointStore } from '../endpoint/endpoint-store.ts'
import type { LaneStore } from '../lane/lane-store.ts'
import { orderKeyOf } from '../order/order.ts'
import { type ChoiceArgs, choiceOf } from './choice.ts'
import { endedNews } from './record.ts'
import { type Chosen, type WalkReads, walk } from './walk.ts'

export const replayKind = 'replay'

/** What a replay is started with. */
export interface ReplayArgs extends ChoiceArgs {
  /** With `missed`: the last place in the log that is looked at. */
  upTo: number
}

/** A delivery to begin anew, or to make of an event. */
interface Item {
  endpointId: string
  eventSeq: number
  /** Null for an event without a delivery. */
  deliveryId: string | null
}

interface Work {
  items: readonly Item[]
  /** A delivery that is in none of these any more has been dealt with meanwhile. */
  statuses: readonly DeliveryStatus[]
  cursor: string | null
  isDone: boolean
}

type ReplayTx = {
  jobs: JobStore
  log: LogStore
  endpoints: EndpointStore
  lanes: LaneStore
  deliveries: DeliveryStore
}

/** What became of the items of a step beside being sent again. */
type Passed = 'endpointGone' | 'endpointDisabled' | 'eventGone' | 'erased'

/**
 * Makes deliveries due with a new round of tries, and makes those that were missed, and moves the job. Tells the endpoints
 * that have work.
 */
export const replayStep = command<ReplayTx, StepCall<Work>, StepKept<readonly string[]> | null>(
  'replay-step',
  (tx, call) =>
    keepStep<ReplayTx, Work, readonly string[]>(async (_, { items, statuses, cursor, isDone }, job) => {
      const { sendable, passed } = await sort(tx, items)
      const endpointIds = [...new Set(sendable.map(({ endpointId }) => endpointId))]
      await tx.deliveries.hold(sendable.flatMap(({ orderKey, endpointId }) => (orderKey === null ? [] : [endpointId])))
      // The lanes first: who records outcomes takes them in that order too.
      await tx.lanes.due(endpointIds, call.now)
      let [replayed, made] = [0, 0]
      for (const run of runsOf(sendable)) {
        if (run.isMissed) made += await tx.deliveries.add(run.items.map((item) => newDelivery(item, call.now)))
        else replayed += (await tx.deliveries.restartAll(job.workspaceId, idsOf(run.items), statuses, call.now)).length
      }
      const doneMeanwhile = sendable.length - replayed - made
      const counts = { looked: items.length, replayed, made, doneMeanwhile, ...passed }
      if (isDone) await tx.log.appendEvents([endedNews(job, addCounts(job.counts, counts), call.now)])
      return { cursor, counts, isDone, more: endpointIds }
    })(tx, call),
)

type Sendable = Item & { event: EventHead; orderKey: string | null }

/** Those that can be sent, and how many cannot, by why. */
async function sort(tx: ReplayTx, items: readonly Item[]) {
  const endpoints = await tx.endpoints.forDelivery([...new Set(items.map(({ endpointId }) => endpointId))])
  const events = await tx.log.eventsAt([...new Set(items.map(({ eventSeq }) => eventSeq))], false)
  const bySeq = new Map(events.map((event) => [event.seq, event]))
  const passed: Record<Passed, number> = { endpointGone: 0, endpointDisabled: 0, eventGone: 0, erased: 0 }
  const sendable: Sendable[] = []
  for (const item of items) {
    const [endpoint, event] = [endpoints.get(item.endpointId), bySeq.get(item.eventSeq)]
    if (!endpoint) passed.endpointGone++
    else if (endpoint.status === 'disabled') passed.endpointDisabled++
    else if (!event) passed.eventGone++
    else if (event.erasedAt !== undefined) passed.erased++
    else sendable.push({ ...item, event, orderKey: orderKeyOf(endpoint, event) })
  }
  return { sendable, passed }
}

/** One after the other, as they stand in the log: those that follow each other and are of one sort go together. */
function runsOf(items: readonly Sendable[]): { isMissed: boolean; items: Sendable[] }[] {
  const runs: { isMissed: boolean; items: Sendable[] }[] = []
  for (const item of items) {
    const isMissed = item.deliveryId === null
    const last = runs.at(-1)
    if (last?.isMissed === isMissed) last.items.push(item)
    else runs.push({ isMissed, items: [item] })
  }
  return runs
}

const idsOf = (items: readonly Item[]): string[] =>
  items.map(({ deliveryId }) => deliveryId).filter((id) => id !== null)

const newDelivery = ({ endpointId, event, orderKey }: Sendable, now: number) => ({
  id: newId('delivery', now),
  workspaceId: event.workspaceId,
  customer: event.customer,
  endpointId,
  eventId: event.id,
  eventSeq: event.seq,
  eventType: event.type,
  createdAt: now,
  orderKey,
})

export interface ReplayNeeds {
  reads: WalkReads
  /** Lanes have new work. */
  onStirred(endpointIds: readonly string[]): void
  /** It is told in the log that one has ended. */
  onNews(): void
}

/** Sends deliveries again, in the order of the log. */
export function replaying({ reads, onStirred, onNews }: ReplayNeeds): JobKind {
  return {
    kind: replayKind,
    async step(job, { limit, now, commit }) {
      const args = job.args as unknown as ReplayArgs
      const choice = choiceOf(args, args.upTo)
      const part = await walk(job.workspaceId, choice, job.cursor, limit, reads)
      const items = part.chosen.map((chosen) => itemOf(chosen, choice.endpointId ?? ''))
      const work = { items, statuses: choice.statuses, cursor: part.cursor, isDone: part.isEnd }
      const kept = await commit(replayStep, { job, now, work })
      if (kept) onStirred(kept.more)
      if (kept?.job.status === 'done') onNews()
      return kept?.job ?? null
    },
  }
}

const itemOf = (chosen: Chosen, endpointId: string): Item =>
  chosen.kind === 'delivery'
    ? {
        endpointId: chosen.delivery.endpointId,
        eventSeq: chosen.delivery.eventSeq,
        deliveryId: chosen.delivery.id,
      }
    : { endpointId, eventSeq: chosen.event.seq, deliveryId: null }
