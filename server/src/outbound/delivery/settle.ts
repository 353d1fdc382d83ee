import { groupCommand } from '../../base/command.ts'
import type { NewEvent } from '../../events/event.ts'
import type { LogStore } from '../../events/log-store.ts'
import type { EndpointStore } from '../endpoint/endpoint-store.ts'
import type { LaneStore } from '../lane/lane-store.ts'
import type { DeliveryStore, Settlement } from './delivery-store.ts'
import { tellExhausted } from './exhaust.ts'

export interface SettleCall extends Settlement {
  /** Set when the answer disables the endpoint: the URL that gave it, why, and the news of it. */
  disable: { url: string; reason: string; news: NewEvent } | null
  /** Set when the endpoint has answered for the first time: the URL that did. */
  verified?: string
  /** What else is to be told of the endpoint. */
  news?: readonly NewEvent[]
}

type SettleTx = { deliveries: DeliveryStore; endpoints: EndpointStore; lanes: LaneStore; log: LogStore }

/** Records an attempt and what follows from it. Answers whether it was recorded: not, when the lane is another's by now. */
export const settleAttempt = groupCommand<SettleTx, SettleCall, boolean>(
  'settle-attempt',
  async (tx, calls) => {
    const recorded = await tx.deliveries.settle(calls)
    const news = calls.flatMap((call, i) => (call.news && recorded[i] ? call.news : []))
    if (news.length > 0) await tx.log.appendEvents(news)
    for (const [i, { verified, endpointId, attempt }] of calls.entries()) {
      if (verified !== undefined && recorded[i]) await tx.endpoints.verify(endpointId, verified, attempt.startedAt)
    }
    for (const [i, call] of calls.entries()) {
      // Of most outcomes nothing follows, and nothing is waited for.
      if (!recorded[i] || (call.status !== 'failed' && !call.disable)) continue
      if (!(await isDisabledBy(tx, call))) await tellExhausted(tx, call)
    }
    return recorded
  },
  { isPatient: true },
)

/** Disables the endpoint where the answer says so. Answers whether it did, or somebody has before: that is told of the endpoint. */
async function isDisabledBy(tx: SettleTx, { disable, workspaceId, endpointId, attempt }: SettleCall): Promise<boolean> {
  if (!disable) return false
  const endpoint = await tx.endpoints.read(workspaceId, endpointId)
  // It may be called at another URL by now, of which this says nothing.
  if (endpoint && endpoint.status !== 'disabled' && endpoint.url !== disable.url) return false
  if (!endpoint || endpoint.status === 'disabled') return true
  const now = attempt.startedAt + Math.ceil(attempt.timing.totalMs)
  await tx.endpoints.update(workspaceId, endpointId, { status: 'disabled', statusReason: disable.reason }, now)
  await tx.lanes.setState(endpointId, 'disabled', now)
  await tx.log.appendEvents([disable.news])
  return true
}
