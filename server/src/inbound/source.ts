import { createHash } from 'node:crypto'
import type { ZodType } from 'zod'
import type { EventTypeEntry } from '../events/event-type.ts'

export type { EventTypeEntry }

/** One provider's plug-in: how to prove its requests, and how to read events out of them. */
export interface SourceDefinition<Config = unknown> {
  /** The kind's name, as in `POST /sources {kind}`; also the first part of its events' types. */
  kind: string
  /** The provider's name as people write it. */
  title: string
  limits: {
    /** Bodies above this are answered 413. */
    bodyBytes: number
  }
  /** The settings of a source of this kind; unknown fields are refused. */
  config: ZodType<Config>
  /** Set for kinds whose provider signs nothing: their URL is all the proof there is, and no secret is asked for. */
  isSecretless?: true
  /** Set for kinds whose provider may do without a proof: without a secret their URL is all there is, with one it must be proven. */
  isSecretOptional?: true
  /** A path that the provider's senders have configured already, beside the source's own URL. */
  fixedPath?: FixedPath
  /**
   * What is wrong with a secret of this kind, in one sentence, or undefined when it can be used. Empty and guessable
   * secrets are wrong: a source never runs with one.
   */
  checkSecret(secret: string): string | undefined
  /** Makes a secret where the provider lets us choose it; kinds without it need the provider's. */
  makeSecret?(): string
  /** Whether the raw bytes are genuine. Constant-time, never throws for what a sender sent, fails closed. */
  verify(request: Incoming, proof: Proof<NoInfer<Config>>): Verdict
  /** The events of a verified request. Throws `Unparsable` for a body it cannot read. */
  parse(request: Readable, config: NoInfer<Config>): ParsedEvent[]
  /**
   * The body of the 2xx to a proven request, for senders that expect one of their own, or undefined for ours. It has
   * been stored by then; `made` are its events, a repeat's own ones.
   */
  answer?(request: Readable, made: { eventIds: readonly string[] }): Answer | undefined
  /** Answers a provider's question that comes beside events in another method than POST (a challenge), or undefined. */
  handshake?(request: Incoming, proof: Proof<NoInfer<Config>>): Answer | undefined
  /** What its provider documents of its requests. What is unlike it is noted beside the record, and refused for nothing. */
  usual?: UsualRequest
  /** The types of its events that are known beforehand; any other arrives all the same and is shown as new. */
  eventTypes?: readonly EventTypeEntry[]
}

/** What the requests of a provider look like. */
export interface UsualRequest {
  /** What its `User-Agent` begins with, in whatever case. */
  userAgent?: string
  /** Without parameters, in small letters. */
  contentTypes?: readonly string[]
}

/** What a sender is answered beside the usual. */
export interface Answer {
  /** 200 when left out. */
  status?: number
  contentType: string
  body: string
  headers?: Readonly<Record<string, string>>
}

/** A path outside of `/in/` at which a kind's senders post without knowing a source's key. */
export interface FixedPath {
  /** Such as `/webhook/kapso`. */
  path: string
  /**
   * The token that names the source, for senders that sign nothing; undefined when the request has none. Kinds without
   * this function are found by whose secret verifies the request.
   */
  token?(request: Incoming): string | undefined
}

/** A request as it came, its bytes unchanged. */
export interface Incoming {
  method: string
  /** Path and query as sent. */
  url: string
  /** The whole URL as its sender was told it, with the query that it put behind it: some providers sign it. */
  address: string
  /**
   * Whether it came to an address that nobody but the sender was told: one with the source's key, or with a token that
   * the source was found by. For providers that sign nothing this is all there is.
   */
  isAddressed: boolean
  headers: Headers
  body: Buffer
}

/** A verified request, with its JSON read at most once and only if asked for. */
export interface Readable extends Incoming {
  /** The body as JSON: its value, and its exact text without a byte-order mark. Throws `Unparsable`. */
  json(body?: Uint8Array): JsonText
}

export interface JsonText {
  /** The sender's own text, never written anew: numbers beyond 2^53 and repeated keys are only in here. */
  text: string
  value: unknown
}

/** What verification needs beside the request. */
export interface Proof<Config = unknown> {
  /** Every secret that is valid now: the current one first, then those still in their overlap. */
  secrets: readonly string[]
  /** Keys of bytes beside them, for schemes that sign with HMAC: only diagnosis has any. */
  keys?: readonly Buffer[]
  /** Milliseconds since 1970. */
  now: number
  config: Config
}

/** Whether a request is genuine, and if not, why: the sender learns only that it was refused. */
export type Verdict =
  | { kind: 'verified' }
  | { kind: 'unsigned' }
  | { kind: 'refused'; cause: RefusalCause; detail: string }

export type RefusalCause = 'MISSING_SIGNATURE' | 'MALFORMED_SIGNATURE' | 'SIGNATURE_MISMATCH' | 'STALE' | 'FROM_FUTURE'

/** An event read out of a request. */
export interface ParsedEvent {
  /**
   * The provider's id of the event: the same key from the same source is one event. Null where two equal requests are two
   * events (an agent that says "Thinking…" twice): then each is one.
   */
  dedupeKey: string | null
  /** Such as `github.push`. */
  type: string
  /** What the event is about (an invoice, a repository), or null. */
  subject: string | null
  /** Events of one source with the same key happened one after the other (the run of an agent, a conversation), or left out. */
  orderKey?: string
  /** Whose event it is, for providers that post for several customers to one URL (a phone number's id, an account's id): looked up in the source's routes. */
  route?: string
  /** The exact JSON text, or null when the body is not JSON. */
  data: string | null
}

/** A genuine request whose body cannot be read as the provider's events. It is kept, answered 2xx, and can be read again later. */
export class Unparsable extends Error {
  constructor(detail: string) {
    super(detail)
    this.name = 'Unparsable'
  }
}

/** The headers of a request, as sent: order, case and repeats are kept. */
export class Headers {
  readonly raw: readonly (readonly [name: string, value: string])[]

  /** Takes the flat list that `node:http` gives as `rawHeaders`. */
  static fromFlat(flat: readonly string[]): Headers {
    const pairs: [string, string][] = []
    for (let i = 0; i + 1 < flat.length; i += 2) pairs.push([flat[i] ?? '', flat[i + 1] ?? ''])
    return new Headers(pairs)
  }

  constructor(raw: readonly (readonly [string, string])[]) {
    this.raw = raw
  }

  /** The one value of a header. Undefined when it is missing, and when it came more than once: which one would be meant? */
  get(name: string): string | undefined {
    const values = this.all(name)
    return values.length === 1 ? values[0] : undefined
  }

  /** Every value of a header, in the order sent. */
  all(name: string): readonly string[] {
    const wanted = name.toLowerCase()
    const values: string[] = []
    // A few are asked for of a few: an index would cost more than to look.
    for (const [each, value] of this.raw) {
      if (each.length === wanted.length && each.toLowerCase() === wanted) values.push(value)
    }
    return values
  }
}

/** Says that a value is a source definition, so that the type of its `config` alone reaches `verify` and `parse`. */
export function defineSource<Config>(definition: SourceDefinition<Config>): SourceDefinition<Config> {
  return definition
}

/**
 * Makes an event type out of a provider's own name for it: `eventType('github', 'push')`. What cannot stand in a type
 * (it comes from the network) makes the type `<kind>.unknown`; the name itself stays in the request.
 */
export function eventType(kind: string, name: unknown): string {
  return typeof name === 'string' && /^[A-Za-z0-9_][A-Za-z0-9_.:/-]{0,127}$/.test(name)
    ? `${kind}.${name}`
    : `${kind}.unknown`
}

/**
 * The key by which a repeat is known: the provider's id, or the body's SHA-256 when the id is missing or is nothing that
 * a column should hold.
 */
export function dedupeKey(id: unknown, body: Uint8Array): string {
  return isKey(id) ? id : `sha256:${hashOf(body)}`
}

/** Whether an id is a text that a column can hold: it comes from the network, may be a megabyte long, or have a NUL that PostgreSQL refuses. */
export function isKey(id: unknown): id is string {
  return typeof id === 'string' && /^[!-~]{1,255}$/.test(id)
}

/** The SHA-256 of what was sent, in hex: it knows a repeat that brings no id. */
export function hashOf(bytes: string | Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex')
}

/** What an event is about, or null when there is no such text, or none that a column should hold (see `isKey`). */
export function subjectOf(text: unknown): string | null {
  return typeof text === 'string' && /^\P{C}{1,255}$/u.test(text) ? text : null
}

/** An own string property of a JSON object, or undefined: `__proto__` and inherited names are not looked at. */
export function ownText(value: unknown, name: string): string | undefined {
  const found = ownValue(value, name)
  return typeof found === 'string' ? found : undefined
}

/** An own property of a JSON object, or undefined. */
export function ownValue(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null && Object.hasOwn(value, name)
    ? (value as Record<string, unknown>)[name]
    : undefined
}
