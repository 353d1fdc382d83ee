import { type ExpressionBuilder, sql } from 'kysely'
import type { Delivery, DeliveryStatus } from '../outbound/delivery/delivery.ts'
import type { DeliveryCause } from '../outbound/delivery/delivery-causes.ts'
import type { DeliveryRow, Tables } from './tables.ts'

const states: readonly DeliveryStatus[] = ['pending', 'waiting', 'success', 'failed']

/** How a status is stored. */
export const stateNumber = (status: DeliveryStatus): number => states.indexOf(status)

/** What is read of a delivery. */
export const columns = [
  'id',
  'workspace_id',
  'customer',
  'endpoint_id',
  'event_id',
  'event_type',
  'status',
  'due_at',
  'attempts',
  'cause',
  'created_at',
  'ended_at',
  'order_key',
] as const

type Deliveries = ExpressionBuilder<Tables, 'deliveries'>

/** Whether a process holds the lane of an endpoint that is active. */
const laneIsHeld = ({ exists, selectFrom }: Deliveries) =>
  exists(
    selectFrom('lanes')
      .select('endpoint_id')
      .whereRef('lanes.endpoint_id', '=', 'deliveries.endpoint_id')
      .where('lanes.state', '=', 'active')
      .where('lanes.owner', 'is not', null),
  )

/** Asked only of what is pending: what has ended is in no lane. */
export const isHeld = (eb: Deliveries) =>
  eb
    .case()
    .when(eb.and([eb('deliveries.status', '=', 0), laneIsHeld(eb)]))
    .then(sql.lit(1))
    .else(sql.lit(0))
    .end()
    .as('is_held')

/** Whether it goes to an endpoint of a customer; one that was deleted is its still. */
export const goesToEndpointOf = ({ exists, selectFrom }: Deliveries, customer: string) =>
  exists(
    selectFrom('endpoints')
      .select('endpoints.id')
      .whereRef('endpoints.id', '=', 'deliveries.endpoint_id')
      .whereRef('endpoints.workspace_id', '=', 'deliveries.workspace_id')
      .where('endpoints.customer', '=', customer),
  )

/** These columns of a row. */
export type DeliveryColumns = Pick<
  { [Name in keyof DeliveryRow]: DeliveryRow[Name] },
  Exclude<(typeof columns)[number], 'attempts'>
> & { attempts: number; is_held?: number }

export function toDelivery(row: DeliveryColumns): Delivery {
  return {
    id: row.id,
    workspaceId: row.workspace_id,
    customer: row.customer,
    endpointId: row.endpoint_id,
    eventId: row.event_id,
    eventType: row.event_type,
    status: states[row.status] ?? 'failed',
    dueAt: row.due_at,
    attempts: row.attempts,
    cause: row.cause as DeliveryCause | null,
    createdAt: row.created_at,
    endedAt: row.ended_at,
    orderKey: row.order_key,
    isLaneHeld: row.is_held === 1,
  }
}
