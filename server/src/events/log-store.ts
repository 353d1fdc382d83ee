import type { LookedPage, Page } from '../base/page.ts'
import type { DedupeKey, Event, EventHead, LoggedEvent, NewEvent } from './event.ts'
import type { KnownPublication } from './publication.ts'
import type { Reparsed, Reparsing, Scan, StoredFilter } from './reparse.ts'
import type { NewRequest, Receipt, ReceivedRequest } from './request.ts'

/** The log as it is read from outside a transaction. */
export interface LogReads {
  readEvent(workspaceId: string, eventId: string): Promise<Event | undefined>
  /** Newest first; `data` is left out. Looks through so much and no more. */
  listEvents(workspaceId: string, filter: EventFilter, page: Page): Promise<LookedPage<Omit<Event, 'data'>>>
  /** In log order after a place, none beyond `upTo`. */
  headsAfter(workspaceId: string, seq: number, upTo: number, limit: number): Promise<readonly EventHead[]>
  /** The same of all workspaces at once, for the one reader that a process's streams share. */
  headsOfAll(seq: number, upTo: number, limit: number): Promise<readonly EventHead[]>
  /** The last place in the log that holds an event; 0 when there is none. */
  lastPlace(): Promise<number>
  /**
   * A place in the log behind which all events are that were received since then, whatever their workspaces. Events that
   * waited are in the log behind later ones, so it may be long before the first of them.
   */
  placeBefore(ms: number): Promise<number>
  readRequest(workspaceId: string, requestId: string): Promise<Omit<ReceivedRequest, 'body'> | undefined>
  /** The bytes as received; undefined when there is no such request or its body was not kept. */
  readBody(workspaceId: string, requestId: string): Promise<Uint8Array | undefined>
  /** How many events the request made, over all workspaces: with more than one, its body is none of them whole. */
  countEvents(requestId: string): Promise<number>
  /**
   * The stored requests behind an id that the filter means, oldest first, at most `limit`. One call looks at so many rows
   * that it is answered soon, so it may find few or none and still not be at the end.
   */
  scanRequests(workspaceId: string, filter: StoredFilter, after: string | null, limit: number): Promise<Scan>
  /** These requests whole, those that are there, oldest first. */
  readStored(workspaceId: string, ids: readonly string[]): Promise<readonly ReceivedRequest[]>
  /**
   * The events behind a place that are meant, in the order of the log, at most `limit`. One call looks at so many that it
   * is answered soon, so it may find few or none and still not be at the end.
   */
  scanEvents(workspaceId: string, span: EventSpan, after: number, limit: number): Promise<EventScan>
  /** The events at these places, whatever their workspaces, in log order. Their data is null unless it is asked for. */
  eventsAt(seqs: readonly number[], withData: boolean): Promise<readonly LoggedEvent[]>
  /** The types that the workspace has events of, in alphabetical order after one of them, at most `limit`. */
  listTypes(workspaceId: string, page: Page): Promise<readonly SeenType[]>
  /** The event that was published under a key, if it is remembered then. */
  publishedUnder(key: DedupeKey, now: number): Promise<KnownPublication | undefined>
  /** The latest event of exactly this type, its data only when it is no larger than that. */
  latestOfType(workspaceId: string, type: string, maxDataBytes: number): Promise<Event | undefined>
}

/** Which events are meant. */
export interface EventSpan extends EventFilter {
  /** The last place that is looked at. */
  upTo: number
}

/** A part of the log. */
export interface EventScan {
  seqs: readonly number[]
  /** The last place that was looked at: the next part begins behind it. */
  last: number
  /** There is nothing behind it. */
  isEnd: boolean
}

/** A type that there are events of. */
export interface SeenType {
  type: string
  /** When the latest one was received. */
  lastReceivedAt: number
}

export interface EventFilter {
  /** An exact type, or `prefix.*`. */
  type?: string
  sourceId?: string
  customer?: string
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
  /**
   * Makes the events of stored requests what today's parser makes of them. An event that a request has already stays, as
   * often as today's parser makes it; what is missing is appended, or waits where the source is paused; a key that the
   * request itself has is given to its new event, one of another request makes none. So doing it twice is doing it once.
   */
  reparse(requests: readonly Reparsed[], dedupeWindowMs: number): Promise<readonly Reparsing[]>
  /**
   * Makes the keys of events that are published their own for so long, where they have one; of each whose key another one has
   * it tells which. To be called before they are appended.
   */
  claimPublished(events: readonly NewEvent[], windowMs: number): Promise<readonly (KnownPublication | undefined)[]>
  /** Stores events that did not come in as a request; answers their places in the log. */
  appendEvents(events: readonly NewEvent[]): Promise<readonly number[]>
  /** Notes in what way the event at a place, received then, does not fit its type. */
  warn(seq: number, receivedAt: number, warning: string): Promise<void>
  /** Stores requests as they are, with the request that they repeat, and none of their events. */
  keepRecords(requests: readonly NewRequest[], repeatOf?: string): Promise<void>
  /** Events in log order after a place, at most `limit`, none beyond `upTo`. Their data is null unless it is asked for. */
  eventsAfter(seq: number, upTo: number, limit: number, withData: boolean): Promise<readonly LoggedEvent[]>
  /** How many events come after a place, at most `limit` and none beyond `upTo`, and the place of the last of them. */
  reach(seq: number, upTo: number, limit: number): Promise<{ count: number; last: number }>
  /** The events of these types after a place up to another one, in log order. Their data is null unless it is asked for. */
  eventsOfTypes(types: readonly string[], seq: number, upTo: number, withData: boolean): Promise<readonly LoggedEvent[]>
  /** The events at these places, in log order; those that are no longer there are left out. Their data is null unless it is asked for. */
  eventsAt(seqs: readonly number[], withData: boolean): Promise<readonly LoggedEvent[]>
  /** The data of these events, by their places; those that are no longer there are left out. */
  dataOf(events: readonly Pick<Event, 'seq' | 'receivedAt'>[]): Promise<ReadonlyMap<number, string | null>>
}
