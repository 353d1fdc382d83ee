/** What one provider sends: realistic bodies, and the headers that make them genuine. Pure: no clock, no chance, no network. */
export interface Sender {
  /** The kind of source that receives it. */
  kind: string
  /** The provider's name as people write it. */
  title: string
  /** The provider's names of the events that it can send, the most usual one first. */
  events: readonly [string, ...string[]]
  /** Those of its events that only ask whether somebody is there: they are answered, and nothing is made of them. */
  greetings?: readonly string[]
  /** A body as the provider would send it; of the most usual event when none is named. Throws for an event that is not its own. */
  sample(wanted?: Wanted): Sample
  /** Every header that the provider would send with that body, the signature among them. */
  sign(message: Message): Record<string, string>
  /** What the provider puts behind the URL, for those that prove themselves there: the query without its `?`. */
  query?(message: Message): string
  /**
   * For providers that sign with the private half of a key pair, which their `secret` is then: the public half, as they
   * show it to their customer. A source of theirs is given this one, and cannot sign.
   */
  publicKey?(secret: string): string
}

/** Which sample. */
export interface Wanted {
  event?: string
  /** The provider's id of it: providers that put the id into the body put this one there. */
  id?: string
  /** The moment of sending, for bodies that tell the time: milliseconds since 1970. The same one each time when left out. */
  nowMs?: number
}

export interface Sample {
  /** The provider's own name for the event, such as `push`. */
  event: string
  body: Uint8Array
}

/** What there is to sign. */
export interface Message {
  body: Uint8Array
  /** As the provider shows it to its customer, prefix included. */
  secret: string
  /** The moment of sending: milliseconds since 1970. Providers that sign no time ignore it. */
  nowMs: number
  /** The provider's id of the delivery, for those that send it in a header. */
  id: string
  /** The provider's name of the event, for those that send it in a header. */
  event?: string
  /** Where it is posted to, for providers that sign the URL. */
  url?: string
}

/** When the samples happened unless it is said. */
export const sampleMs = Date.UTC(2026, 10, 20, 8, 14, 3)

/** The bytes of a sample: JSON as most providers write it, without white space. */
export function jsonBytes(value: unknown): Uint8Array {
  return new TextEncoder().encode(JSON.stringify(value))
}

/** The bytes of a sample: an `application/x-www-form-urlencoded` form. */
export function formBytes(fields: Readonly<Record<string, string>>): Uint8Array {
  return new TextEncoder().encode(new URLSearchParams(fields).toString())
}

type Samples = Pick<Sender, 'events' | 'sample'>
type BodyOf<Body> = (wanted: Required<Omit<Wanted, 'event'>>) => Body

/**
 * The `events` and `sample` of a sender whose bodies are JSON.
 * @example ...jsonSamples('GitHub', { push: ({ id }) => ({ ref: 'refs/heads/main', … }), ping: () => ({ zen: '…' }) })
 */
export function jsonSamples(title: string, bodies: Readonly<Record<string, BodyOf<unknown>>>): Samples {
  const asBytes = Object.entries(bodies).map(([event, body]): [string, BodyOf<Uint8Array>] => [
    event,
    (wanted) => jsonBytes(body(wanted)),
  ])
  return byteSamples(title, Object.fromEntries(asBytes))
}

/** As `jsonSamples`, for a sender whose bodies are not all JSON. */
export function byteSamples(title: string, bodies: Readonly<Record<string, BodyOf<Uint8Array>>>): Samples {
  const [usual, ...others] = Object.keys(bodies)
  if (usual === undefined) throw new Error(`${title} has no events`)
  return {
    events: [usual, ...others],
    sample({ event = usual, id = 'sample_1', nowMs = sampleMs } = {}) {
      const body = Object.hasOwn(bodies, event) ? bodies[event] : undefined
      if (!body) throw new Error(`${title} sends no "${event}"; it sends ${[usual, ...others].join(', ')}`)
      return { event, body: body({ id, nowMs }) }
    },
  }
}
