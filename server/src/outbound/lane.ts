import type { DueDelivery } from './delivery-store.ts'
import type { Endpoint } from './endpoint.ts'

/** A lane in the hands of this process. */
export interface Lane {
  endpointId: string
  /** The generation it is held with; undefined while it is not known to be ours. */
  generation: number | undefined
  /** The endpoint as the last claim found it. */
  endpoint: Endpoint | undefined
  concurrency: number
  /** Attempts on the wire. */
  onWire: number
  /** Claimed deliveries that wait for a place on the wire. */
  ready: DueDelivery[]
  /** Deliveries that are claimed and whose outcome is not recorded yet: they must not be claimed again. */
  inHand: Set<string>
  /** When its next work is due; null when it has none that we know of. */
  nextDue: number | null
  /** Since when there has been nothing to do, on the clock that never jumps. */
  idleSince: number | null
  /** It is to be given to another process: nothing new is begun, and when nothing is in hand it is given back. */
  isLeaving: boolean
}

export function newLane(endpointId: string): Lane {
  return {
    endpointId,
    generation: undefined,
    endpoint: undefined,
    concurrency: 1,
    onWire: 0,
    ready: [],
    inHand: new Set(),
    nextDue: null,
    idleSince: null,
    isLeaving: false,
  }
}

/**
 * How many more deliveries the lane may claim. Beside those on the wire, others are waiting for their outcome's commit and
 * others for the next claim's, so four times what the wire takes are in hand at the most; none ahead for an endpoint that
 * takes one at a time. (With twice as many the wire ran dry: 15 % fewer events a second.) Fewer than half of what may be on
 * the wire is not worth a claim. A slow database holds back new attempts before it fills the memory.
 */
export function roomOf({ concurrency, inHand, isLeaving }: Lane): number {
  if (isLeaving) return 0
  const room = 4 * concurrency - 3 - inHand.size
  return 2 * room >= concurrency ? room : 0
}

/** Notes that the lane has work due at a time. */
export function dueAt(lane: Lane, at: number): void {
  lane.nextDue = lane.nextDue === null ? at : Math.min(lane.nextDue, at)
  lane.idleSince = null
}
