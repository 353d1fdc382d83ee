import type { Delivery, DeliveryStatus } from './delivery.ts'

/**
 * Where a delivery stands, as it is shown. `sending` and `retrying` are not stored: no single delivery is ever marked as being
 * sent. `sending` is due in a lane that a process holds, on the wire or next in line; `retrying` has failed and waits for
 * its next attempt; `pending` waits for its first.
 */
export type DeliveryState = DeliveryStatus | 'sending' | 'retrying'

export const deliveryStates = [
  'pending',
  'waiting',
  'sending',
  'retrying',
  'success',
  'failed',
] as const satisfies readonly DeliveryState[]

/** The states that are derived from `pending`, at a time in milliseconds; `unfinished` is whatever has not ended. */
export interface DerivedState {
  is: 'pending' | 'sending' | 'retrying' | 'unfinished'
  now: number
}

export function stateOf({ status, dueAt, attempts, isLaneHeld }: Delivery, now: number): DeliveryState {
  if (status !== 'pending') return status
  if (isLaneHeld && dueAt <= now) return 'sending'
  return attempts > 0 ? 'retrying' : 'pending'
}

/** The filter that finds what `stateOf` shows. */
export function filterOf(
  state: DeliveryState | 'unfinished' | undefined,
  now: number,
): { status?: DeliveryStatus; state?: DerivedState } {
  switch (state) {
    case undefined:
      return {}
    case 'waiting':
    case 'success':
    case 'failed':
      return { status: state }
    default:
      return { state: { is: state, now } }
  }
}
