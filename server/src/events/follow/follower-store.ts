import type { Page } from '../../base/page.ts'
import type { HandlingCause, ParkedEvent, ParkedState } from './parked.ts'

/** Where a follower stands. */
export interface FollowerState {
  /** The last place in the log that it has handled. */
  cursor: number
  owner: string | null
  /** Rises whenever the owner changes; a cursor is moved only by the generation that holds it. */
  generation: number
  /** When the first of its events beside the cursor is due; null when none is retrying or waiting. */
  nextDue: number | null
}

/** The events of one subject in one workspace. */
export interface Queue {
  workspaceId: string
  subject: string
}

/** The last of the events that a subject has beside the cursor. */
export interface QueueEnd extends Queue {
  state: ParkedState
  dueAt: number
}

export interface ParkedFilter {
  follower?: string
  state?: ParkedState
  cause?: HandlingCause
  /** An exact event type, or `prefix.*`. */
  eventType?: string
  subject?: string
  /** Whose the event is. */
  customer?: string
  /** When it was first beside the cursor: milliseconds, inclusive. */
  from?: number
  /** Milliseconds, exclusive. */
  to?: number
}

export interface FollowerReads {
  /** The last place in the log that a follower has handled; 0 while it has not begun. */
  placeOf(name: string): Promise<number>
  readParked(workspaceId: string, follower: string, eventId: string): Promise<ParkedEvent | undefined>
  /** Newest first, by place in the log; the position is `seq.follower`. */
  listParked(workspaceId: string, filter: ParkedFilter, page: Page): Promise<readonly ParkedEvent[]>
  /** The same in the order of the log: those that are to be run again. */
  parkedAfter(workspaceId: string, filter: ParkedFilter, page: Page): Promise<readonly ParkedEvent[]>
  /** How many events wait behind one. */
  countWaiting(behind: Pick<ParkedEvent, 'follower' | 'workspaceId' | 'subject' | 'seq'>): Promise<number>
  /** How many are parked, over all followers and workspaces; at most `limit` are counted. */
  countParked(limit: number): Promise<number>
}

export interface FollowerStore extends FollowerReads {
  /**
   * Makes `owner` the follower's owner unless a live process holds it, and answers where it stands; undefined when it is
   * another's. A follower that is new starts before the first event.
   */
  take(name: string, owner: string): Promise<FollowerState | undefined>
  /**
   * Moves the cursor; false when the generation has moved on, and then nothing may be kept. From here to the end of the
   * transaction nobody else works for the follower.
   */
  move(name: string, generation: number, cursor: number): Promise<boolean>
  /** From here to the end of the transaction nobody else works for the follower. */
  hold(name: string): Promise<void>
  /** Of these queues, those that have events beside the cursor, each with its last. */
  queueEnds(name: string, queues: readonly Queue[]): Promise<readonly QueueEnd[]>
  /** Puts events beside the cursor; one that is there already stays as it is. */
  park(events: readonly ParkedEvent[]): Promise<void>
  /** What is due, those of one subject in order. */
  due(name: string, now: number, limit: number): Promise<readonly ParkedEvent[]>
  /** Keeps one as it is now. */
  keep(event: ParkedEvent): Promise<void>
  /** Forgets those that have been handled. */
  forget(name: string, seqs: readonly number[]): Promise<void>
  /**
   * Makes what waits in a queue due at some time: now, or `never`. With a gap, those that did wait for its end note it.
   * Answers how many.
   */
  queueUp(name: string, queue: Queue, dueAt: number, afterGap: number | null, now: number): Promise<number>
}
