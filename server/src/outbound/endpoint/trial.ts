import { command } from '../../base/command.ts'
import { Problem } from '../../base/errors.ts'
import type { NewEvent } from '../../events/event.ts'
import type { LogStore } from '../../events/log-store.ts'
import type { Delivery } from '../delivery/delivery.ts'
import type { DeliveryStore } from '../delivery/delivery-store.ts'
import type { LaneStore } from '../lane/lane-store.ts'
import { noEndpoint } from './endpoint.ts'
import type { EndpointStore } from './endpoint-store.ts'

type TrialTx = { endpoints: EndpointStore; deliveries: DeliveryStore; lanes: LaneStore; log: LogStore }

export interface Trial {
  workspaceId: string
  endpointId: string
  deliveryId: string
  /** Its type is a trial's; its customer is filled in: the endpoint's. */
  event: NewEvent
  now: number
}

/**
 * Sends an event to one endpoint alone. It is an event of the log and a delivery like any other, signed, retried and
 * recorded; its type keeps fan-out from sending it anywhere.
 */
export const sendTrial = command<TrialTx, Trial, Delivery>(
  'send-trial',
  async (tx, { workspaceId, endpointId, deliveryId, event, now }) => {
    const endpoint = await tx.endpoints.read(workspaceId, endpointId)
    if (!endpoint) throw noEndpoint(endpointId)
    if (endpoint.status === 'disabled') {
      throw new Problem(
        'CONFLICT',
        `nothing can be sent to endpoint "${endpointId}": it is disabled (${endpoint.statusReason ?? 'no reason given'}); set its status to "active" first`,
      )
    }
    const { customer } = endpoint
    const [eventSeq = 0] = await tx.log.appendEvents([{ ...event, customer }])
    const { id: eventId, type: eventType } = event
    await tx.deliveries.add([
      // It waits for nothing, whatever order the endpoint asks for.
      {
        id: deliveryId,
        workspaceId,
        customer,
        endpointId,
        eventId,
        eventSeq,
        eventType,
        createdAt: now,
        orderKey: null,
      },
    ])
    await tx.lanes.due([endpointId], now)
    const delivery = await tx.deliveries.read(workspaceId, deliveryId)
    if (!delivery) throw new Error(`delivery ${deliveryId} was made and is not there`)
    return delivery
  },
)
