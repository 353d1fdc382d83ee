import type { Page } from '../base/page.ts'
import type { Event, NewEvent } from './event.ts'
import type { NewRequest, Receipt, ReceivedRequest } from './request.ts'

/** The log as it is read from outside a transaction. */
export interface LogReads {
  readEvent(workspaceId: string, eventId: string): Promise<Event | undefined>
  /** Newest first; `data` is left out. */
  listEvents(workspaceId: string, filter: EventFilter, page: Page): Promise<readonly Omit<Event, 'data'>[]>
  readRequest(workspaceId: string, requestId: string): Promise<Omit<ReceivedRequest, 'body'> | undefined>
  /** The bytes as received; undefined when there is no such request or its body was not kept. */
  readBody(workspaceId: string, requestId: string): Promise<Uint8Array | undefined>
  /** How many events the request made, over all workspaces: with more than one, its body is none of them whole. */
  countEvents(requestId: string): Promise<number>
}

export interface EventFilter {
  /** An exact type, or `prefix.*`. */
  type?: string
  sourceId?: string
  /** Milliseconds, inclusive. */
  from?: number
  /** Milliseconds, exclusive. */
  to?: number
}

/** How much is released in one transaction: at least one request, whatever it weighs. */
export interface HeldBatch {
  requests: number
  bytes: number
}

export interface Released {
  requests: number
  /** Events that were made; those known by their keys already are not among them. */
  events: number
  /** There is nothing more to release now. */
  isDone: boolean
}

/** The log inside a transaction. */
export interface LogStore {
  /**
   * Stores requests with their events, each event once per dedupe key within the window. Nothing is stored for a
   * request that repeats known events with the same bytes, except a count. A request of a source that is paused, or that
   * still releases what it held, is stored too, but its events wait and claim no keys.
   */
  appendRequests(requests: readonly NewRequest[], dedupeWindowMs: number): Promise<readonly Receipt[]>
  /**
   * Makes the events of the oldest requests that a source holds, in order of receipt. Does nothing while it is paused. Who
   * appends for the source at the same time waits for this, and finds the source either still holding or done.
   */
  releaseHeld(sourceId: string, batch: HeldBatch, dedupeWindowMs: number): Promise<Released>
  /** Stores events that did not come in as a request; answers their places in the log. */
  appendEvents(events: readonly NewEvent[]): Promise<readonly number[]>
  /** Keeps the record of a refused request, and of each source only the newest `keep`. */
  quarantine(requests: readonly NewRequest[], keep: number): Promise<void>
  /** Events in log order after a place, at most `limit`, none beyond `upTo`. Their data is null unless it is asked for. */
  eventsAfter(seq: number, upTo: number, limit: number, withData: boolean): Promise<readonly Event[]>
}
