/** Something that happened, as the log keeps it. */
export interface Event {
  /** The place in the log. Numbers rise, never repeat, and may have gaps. */
  seq: number
  id: string
  workspaceId: string
  customer: string | null
  /** The source it came from; null for events published through the API and for our own. */
  sourceId: string | null
  /** The request it was cut from; null for events that did not come in as a request. */
  requestId: string | null
  type: string
  subject: string | null
  orderKey: string | null
  /** The exact JSON text, or null when the body was not JSON. */
  data: string | null
  /** When the request was received, in milliseconds: the same on every delivery of the event. */
  receivedAt: number
  /** When its data was removed, by age or on demand. */
  erasedAt?: number
  /** In what way its data does not fit the schema of its type, where that is only noted. */
  warning?: string
}

/** An event as the log hands it on. */
export interface LoggedEvent extends Event {
  /** How many bytes its data came with, also where it was not asked for. */
  dataBytes: number
}

/** An event about to be appended. */
export interface NewEvent extends Omit<Event, 'seq' | 'data' | 'erasedAt'> {
  /** The exact JSON text; a long one may be its UTF-8 bytes, which cross to another thread or a server without work. */
  data: string | Uint8Array | null
  /** How often it has come through deliveries before; left out for never. */
  hops?: number
  /** Who repeats it, if anybody can. */
  dedupe: DedupeKey | null
}

/** The provider's id of an event. The hash covers source and key, and finds it; the key itself decides. */
export interface DedupeKey {
  key: string
  /** 63 bits, keyed with a secret of this server so that nobody can choose colliding keys. As text: it passes 2^53. */
  hash: string
  /** Of an event that is published: the same exactly where its publisher says the same. */
  fingerprint?: string
}

/** What an event's JSON looks like without its data: enough to decide who gets it. */
export type EventHead = Omit<Event, 'data'>

/** Types that begin with this are the server's own news about itself. */
export const ownTypePrefix = 'trunkline.'

/** Whether a text can be an event type: words of letters, digits, `_`, `-`, `:` and `/`, joined by dots. */
export function isEventType(text: string): boolean {
  return /^[A-Za-z0-9_][A-Za-z0-9_.:/-]{0,190}$/.test(text)
}
