import type { Endpoint } from '../endpoint/endpoint.ts'

/**
 * The queue of one endpoint. A process owns a whole lane, not single deliveries: only the owner sends and settles, and
 * every settle names the generation it was taken with.
 */
export interface LaneStore {
  insert(endpoint: Endpoint): Promise<void>
  setState(endpointId: string, state: LaneState, now: number): Promise<void>
  /** Those of these lanes that are `owner`'s already. */
  held(endpointIds: readonly string[], owner: string): Promise<ReadonlyMap<string, LaneHold>>
  /**
   * Takes a lane for `owner`, unless a live process has it or its workspace's deliveries are paused. The owner's own lane
   * keeps its generation.
   */
  take(endpointId: string, owner: string): Promise<LaneHold | undefined>
  /**
   * Takes lanes with work due since then that nobody alive owns, the most overdue ones, at most so many; none of a
   * workspace whose deliveries are paused.
   */
  takeFree(owner: string, dueBefore: number, limit: number): Promise<readonly FoundLane[]>
  /** All lanes that are `owner`'s, to the last. */
  ownedBy(owner: string): Promise<readonly FoundLane[]>
  /** Gives lanes back. Nothing happens to a lane whose generation has moved on. */
  giveBack(lanes: readonly ReturnedLane[]): Promise<void>
  /** What is kept of the endpoint, which nobody else changes until the commit. */
  holdCondition(endpointId: string): Promise<string | null>
  keepCondition(endpointId: string, condition: string): Promise<void>
  /** Forgets what was learned of the endpoint, and says that there may be work due. */
  forget(endpointId: string, now: number): Promise<void>
  /** Pauses all lanes of a workspace, in one row; answers since when they are paused. */
  pause(workspaceId: string, now: number): Promise<number>
  resume(workspaceId: string): Promise<void>
  /** Says that there is work due, so that somebody takes the lane. */
  due(endpointIds: readonly string[], at: number): Promise<void>
  /** Lanes whose deliveries must be ended: their endpoint is disabled or deleted. */
  ending(limit: number): Promise<readonly { endpointId: string; state: LaneState }[]>
  /** Nothing is left to end in this lane. */
  ended(endpointId: string): Promise<void>
}

/** What comes with a lane: its generation, and what its last owner had learned (`condition/saved.ts`; null: nothing). */
export interface LaneHold {
  generation: number
  condition: string | null
}

/** The lanes as one process sees them beside what the others do. */
export interface LaneReads {
  /**
   * Looks at the lanes of all processes, and at those in this one's hands: which of the idle ones have work, and when
   * the endpoints of the busy ones were changed.
   */
  look(held: { idle: readonly string[]; busy: readonly string[] }, now: number): Promise<LaneLook>
  /** What is known of an endpoint's lane; undefined when the workspace has no such lane. */
  read(workspaceId: string, endpointId: string): Promise<{ condition: string | null } | undefined>
  /** Since when each of the workspaces whose deliveries are paused has been so. */
  paused(): Promise<ReadonlyMap<string, number>>
}

export interface LaneLook {
  /** Lanes in the hands of live processes, and due ones in nobody's. */
  total: number
  /** Idle ones with work that is due. */
  stirred: readonly string[]
  /** When the endpoints of the busy ones were last changed. */
  changedAt: ReadonlyMap<string, number>
}

export interface HeldLane {
  endpointId: string
  generation: number
}

/** A lane that was nobody's, and whose it is to the customers. */
export interface FoundLane extends HeldLane, LaneHold {
  workspaceId: string
  customer: string | null
}

/** A lane that is given back: what was learned, when that is not what the database has, and until when it is to be left alone. */
export interface ReturnedLane extends HeldLane {
  condition?: string | null
  sleepsUntil?: number
}

export type LaneState = 'active' | 'paused' | 'disabled' | 'deleted'
