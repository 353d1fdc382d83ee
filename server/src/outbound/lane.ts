/** A lane in the hands of this process. */
export interface Lane {
  endpointId: string
  /** The generation it is held with; undefined while it is not known to be ours. */
  generation: number | undefined
  concurrency: number
  /** Attempts on the wire. */
  onWire: number
  /** Deliveries whose outcome is not recorded yet, on the wire or waiting for the commit: they must not be claimed again. */
  inHand: Set<string>
  /** When its next work is due; null when it has none that we know of. */
  nextDue: number | null
  /** Since when there has been nothing to do, on the clock that never jumps. */
  idleSince: number | null
}

export function newLane(endpointId: string): Lane {
  return {
    endpointId,
    generation: undefined,
    concurrency: 1,
    onWire: 0,
    inHand: new Set(),
    nextDue: null,
    idleSince: null,
  }
}

/** How many more attempts the lane may start. A slow database holds back new attempts before it fills the memory. */
export function roomOf({ concurrency, onWire, inHand }: Lane): number {
  return Math.max(0, Math.min(concurrency - onWire, 2 * concurrency - inHand.size))
}

/** Notes that the lane has work due at a time. */
export function dueAt(lane: Lane, at: number): void {
  lane.nextDue = lane.nextDue === null ? at : Math.min(lane.nextDue, at)
  lane.idleSince = null
}
