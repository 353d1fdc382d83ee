/** Where a follower stands. */
export interface FollowerState {
  /** The last place in the log that it has handled. */
  cursor: number
  owner: string | null
  /** Rises whenever the owner changes; a cursor is moved only by the generation that holds it. */
  generation: number
}

/** An event that its follower could not handle. */
export interface ParkedEvent {
  follower: string
  seq: number
  eventId: string
  workspaceId: string
  subject: string | null
  error: string
  attempts: number
  dueAt: number
}

export interface FollowerStore {
  /**
   * Makes `owner` the follower's owner unless a live process holds it, and answers where it stands; undefined when it is
   * another's. A follower that is new starts before the first event.
   */
  take(name: string, owner: string): Promise<FollowerState | undefined>
  /** Moves the cursor; false when the generation has moved on, and then nothing may be kept. */
  move(name: string, generation: number, cursor: number): Promise<boolean>
  /** From here to the end of the transaction nobody else works for the follower. */
  hold(name: string): Promise<void>
  park(event: ParkedEvent): Promise<void>
}
