import type { LoggedEvent } from '../../../server/src/events/event.ts'
import type { Delivery } from '../../../server/src/outbound/delivery/delivery.ts'
import type {
  DeliveryStore,
  DueDelivery,
  NewDelivery,
  WantedWork,
} from '../../../server/src/outbound/delivery/delivery-store.ts'

/** Events that no follower has read yet. */
export interface MemoryLog {
  events: LoggedEvent[]
  find(seq: number): LoggedEvent | undefined
}

interface Pending {
  due: DueDelivery
  dueAt: number
}

/** Deliveries that are not finished, by endpoint, in the order made; finished ones are only counted. */
export function memoryDeliveries(
  log: MemoryLog,
): Pick<DeliveryStore, 'add' | 'fresh' | 'claim' | 'settle' | 'list' | 'end'> {
  const lanes = new Map<string, Map<string, Pending>>()
  const claimOf = ({ endpointId, limit, inHand }: WantedWork, now: number) => {
    const held = new Set(inHand)
    const due: DueDelivery[] = []
    for (const [id, pending] of lanes.get(endpointId) ?? []) {
      if (held.has(id)) continue
      if (due.length === limit || pending.dueAt > now) return { due, nextDue: pending.dueAt }
      due.push(pending.due)
    }
    return { due, nextDue: null }
  }
  const dueOf = ({ id, eventSeq }: NewDelivery): DueDelivery => {
    const event = log.find(eventSeq)
    if (!event) throw new Error(`event ${eventSeq} is not in memory any more`)
    const { id: eventId, type: eventType, requestId, workspaceId, receivedAt, data } = event
    const dataBytes = data === null ? 0 : Buffer.byteLength(data)
    const facts = { eventId, eventType, requestId, workspaceId, receivedAt, data, dataBytes, orderKey: null }
    return { id, attempts: 0, tries: 0, ...facts }
  }
  return {
    async add(deliveries) {
      for (const delivery of deliveries) {
        const { id, endpointId, createdAt } = delivery
        const lane = lanes.get(endpointId) ?? new Map<string, Pending>()
        lanes.set(endpointId, lane)
        lane.set(id, { due: dueOf(delivery), dueAt: createdAt })
      }
      return deliveries.length
    },
    fresh: async (deliveries, maxDataBytes) =>
      deliveries.map(dueOf).filter(({ dataBytes }) => dataBytes <= maxDataBytes),
    claim: async (wanted, now) => new Map(wanted.map((each) => [each.endpointId, claimOf(each, now)])),
    async settle(settlements) {
      return settlements.map(({ endpointId, attempt, status, dueAt, tries }) => {
        const lane = lanes.get(endpointId)
        const pending = lane?.get(attempt.deliveryId)
        if (status !== 'pending') lane?.delete(attempt.deliveryId)
        else if (pending)
          lane?.set(attempt.deliveryId, { due: { ...pending.due, attempts: attempt.number, tries }, dueAt })
        return true
      })
    },
    async list(_workspaceId, _filter, { limit }) {
      const pending = [...lanes].flatMap(([endpointId, lane]) =>
        [...lane.values()].map((each) => shown(endpointId, each)),
      )
      return { rows: pending.slice(0, limit), next: null }
    },
    end: async () => 0,
  }
}

const shown = (endpointId: string, { due, dueAt }: Pending): Delivery => ({
  id: due.id,
  workspaceId: due.workspaceId,
  customer: null,
  endpointId,
  eventId: due.eventId,
  eventType: due.eventType,
  status: 'pending',
  isLaneHeld: false,
  dueAt,
  attempts: due.attempts,
  cause: null,
  createdAt: due.receivedAt,
  endedAt: null,
  orderKey: null,
})
