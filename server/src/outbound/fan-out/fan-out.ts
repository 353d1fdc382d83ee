import { newId } from '../../base/id.ts'
import { together } from '../../base/together.ts'
import type { Event } from '../../events/event.ts'
import type { Change, Follower, FollowTx } from '../../events/follow/follower.ts'
import type { DeliveryStore, DueDelivery, FreshWork, NewDelivery } from '../delivery/delivery-store.ts'
import type { EndpointStore } from '../endpoint/endpoint-store.ts'
import type { LaneStore } from '../lane/lane-store.ts'
import { orderKeyOf } from '../order/order.ts'
import { type Answers, type AskedEvent, answerFilters, askElsewhere, wantingTargets } from './filtering.ts'
import { targetsOf } from './targets.ts'

type FanOutTx = FollowTx & { endpoints: EndpointStore; deliveries: DeliveryStore; lanes: LaneStore }

export interface FanOutSettings {
  /**
   * How many new deliveries of a lane are answered with all that sending them needs, for a process that sends too; of a lane that
   * gets more, none is. 0: nothing is handed over.
   */
  handsOver: number
}

/** At most so many deliveries are handed over, and none with more data: they are in memory, and cross to whoever sends. */
const handedOver = 256
const handedDataBytes = 16 * 1024

/** Turns each event into one delivery per endpoint that wants it. */
export const fanOut: Follower<FanOutTx, FanOutSettings | undefined, Answers | undefined> = {
  name: 'fan-out',
  // Only where an endpoint has a filter that looks into it.
  readsData: false,
  toRead: (tx, events) => askElsewhere(tx, events),
  read: (event) => answerFilters(event as AskedEvent),
  async run(tx, events, now, settings, report) {
    const workspaces = [...new Set(events.map(({ workspaceId }) => workspaceId))]
    const targets = new Map(
      await together(workspaces.map(async (id) => [id, await targetsOf(tx.endpoints, id)] as const)),
    )
    const wanting = await wantingTargets(tx.log, events, targets)
    const deliveries: NewDelivery[] = []
    for (const event of events) {
      for (const target of wanting(event)) {
        deliveries.push({
          id: newId('delivery', now),
          workspaceId: event.workspaceId,
          customer: event.customer,
          endpointId: target.id,
          eventId: event.id,
          eventSeq: event.seq,
          eventType: event.type,
          createdAt: now,
          orderKey: orderKeyOf(target, event),
        })
      }
    }
    if (deliveries.length === 0) return { lanes: [], made: 0, requests: [] }
    if (report) await reportNew(tx.deliveries, deliveries, report)
    const inOrder = deliveries.filter(({ orderKey }) => orderKey !== null)
    // Before the lanes: who records attempts takes them in that order too.
    if (inOrder.length > 0) await tx.deliveries.hold(inOrder.map((each) => each.endpointId))
    const lanes = [...new Set(deliveries.map((each) => each.endpointId))]
    const handed = toHand(deliveries, settings?.handsOver ?? 0)
    const [made, due] = await together([
      tx.deliveries.add(deliveries),
      tx.deliveries.fresh(handed, handedDataBytes),
      tx.lanes.due(lanes, now),
    ])
    // Some were there already: which, nobody has said.
    const fresh = made === deliveries.length ? freshWork(deliveries, due) : []
    return { lanes, made, requests: requestsOf(events, deliveries), ...(fresh.length > 0 ? { fresh } : {}) }
  },
}

/** Those that whoever sends could begin with at once: not in order, and not too many of a lane. */
function toHand(deliveries: readonly NewDelivery[], most: number): readonly NewDelivery[] {
  if (most <= 0) return []
  const counts = new Map<string, number>()
  for (const { endpointId } of deliveries) counts.set(endpointId, (counts.get(endpointId) ?? 0) + 1)
  const plain = deliveries.filter((each) => each.orderKey === null && (counts.get(each.endpointId) ?? 0) <= most)
  return plain.slice(0, handedOver)
}

/** By lanes. */
function freshWork(deliveries: readonly NewDelivery[], due: readonly DueDelivery[]): FreshWork[] {
  if (due.length === 0) return []
  const byId = new Map(due.map((each) => [each.id, each]))
  const lanes = new Map<string, { endpointId: string; due: DueDelivery[]; isAll: boolean }>()
  for (const { id, endpointId } of deliveries) {
    const lane = lanes.get(endpointId) ?? { endpointId, due: [], isAll: true }
    const own = byId.get(id)
    if (own) lane.due.push(own)
    else lane.isAll = false
    lanes.set(endpointId, lane)
  }
  return [...lanes.values()].filter((lane) => lane.due.length > 0)
}

/** Reports the deliveries that are not there yet. */
async function reportNew(
  store: DeliveryStore,
  deliveries: readonly NewDelivery[],
  report: (change: Change) => void,
): Promise<void> {
  for (const { workspaceId, eventId, endpointId } of deliveries) {
    const { rows } = await store.list(workspaceId, { eventId, endpointId }, { after: null, limit: 1 })
    if (rows.length === 0) report({ kind: 'delivery', endpointId })
  }
}

function requestsOf(events: readonly Event[], deliveries: readonly NewDelivery[]): string[] {
  const delivered = new Set(deliveries.map((each) => each.eventId))
  const requests = events.map(({ id, requestId }) => (delivered.has(id) ? requestId : null))
  return [...new Set(requests.filter((each) => each !== null))]
}
