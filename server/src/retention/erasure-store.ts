/** How much was removed, of each kind: counts of rows that held something before. */
export interface ErasedCounts {
  requests: number
  events: number
  /** Events that waited outside the log, and will not be made. */
  held: number
  /** Unfinished deliveries that ended with the cause ERASED. */
  deliveries: number
  attempts: number
  parked: number
  /** Ids that senders gave their events: their hashes stay, so that a repeat is still known. */
  keys: number
  /** Payments and users. */
  accounts: number
}

export interface Erased {
  counts: ErasedCounts
  /** Endpoints whose deliveries have ended: what their owners have in hand must not be sent. */
  endpoints: readonly string[]
}

/** Which rows of a customer are next: events of the log, then those that wait outside it. */
export interface ErasureReads {
  /** The workspace's events after a place, at most `limit`, with whether each is this customer's. */
  eventsOfCustomer(
    workspaceId: string,
    customer: string,
    after: number,
    limit: number,
  ): Promise<readonly { seq: number; id: string; isTheirs: boolean }[]>
}

/**
 * Removes what was said, inside a transaction: rows and ids stay, marked. What is erased already is not counted again.
 * `windowMs` is how long dedupe keys are remembered: it tells where an event's key is.
 */
export interface ErasureStore {
  /** An event, the request that it was cut from, and what its deliveries heard; undefined when there is no such event. */
  eraseEvent(workspaceId: string, eventId: string, now: number, windowMs: number): Promise<Erased | undefined>
  /** A request, its repeats with other bytes, and all events of the workspace that were cut from it. */
  eraseRequest(workspaceId: string, requestId: string, now: number, windowMs: number): Promise<Erased | undefined>
  /** At most `limit` requests of a customer whose events wait outside the log; answers none when there are no more. */
  eraseHeld(workspaceId: string, customer: string, now: number, windowMs: number, limit: number): Promise<Erased>
  /** What is known of a customer's payments and users: ids, amounts and states stay. */
  eraseAccounts(workspaceId: string, customer: string): Promise<Erased>
  /**
   * Answers that were recorded after their event was erased, of attempts that were on the wire. Looks at no more than `limit`
   * events; answers at how many, and how many answers there were.
   */
  eraseLate(before: number, now: number, limit: number): Promise<{ looked: number; attempts: number }>
}
