import type { DeliveryStatus } from '../delivery/delivery.ts'
import type { DeliveryCause } from '../delivery/delivery-causes.ts'
import type { DeliverySpan } from '../delivery/delivery-store.ts'

/** Which deliveries are meant, as it is told to the API and kept with a job: plain data, times as text. */
export interface ChoiceArgs {
  endpointId?: string
  /** An exact event type, or `prefix.*`. */
  type?: string
  status: readonly DeliveryStatus[]
  cause?: DeliveryCause
  customer?: string
  /** Of the event. */
  orderKey?: string
  /** A filter expression over the event. */
  where?: unknown
  /** When the delivery was made, inclusive; of an event that has none, when it was received. */
  from?: string
  /** Exclusive. */
  to?: string
  /** Also the events that the endpoint would get today and has no delivery of. */
  include?: readonly 'missed'[]
}

/** A choice as it is worked with. Times are milliseconds. */
export interface Choice extends DeliverySpan {
  orderKey?: string
  /** The text of a filter expression. */
  where?: string
  /** Set for one endpoint only. */
  isMissed: boolean
  /** With `isMissed`: the last place in the log that is looked at. What comes behind it, fan-out has still to see. */
  upTo: number
}

export function choiceOf(args: ChoiceArgs, upTo = 0): Choice {
  const { endpointId, type, status, cause, customer, orderKey, where, from, to, include } = args
  return {
    statuses: status,
    isMissed: include?.includes('missed') ?? false,
    upTo,
    ...(endpointId === undefined ? {} : { endpointId }),
    ...(type === undefined ? {} : { eventType: type }),
    ...(cause === undefined ? {} : { cause }),
    ...(customer === undefined ? {} : { customer }),
    ...(orderKey === undefined ? {} : { orderKey }),
    ...(where === undefined ? {} : { where: JSON.stringify(where) }),
    ...(from === undefined ? {} : { from: Date.parse(from) }),
    ...(to === undefined ? {} : { to: Date.parse(to) }),
  }
}
