/** What one provider sends: a sample body, and the headers that make it genuine. Pure: no clock, no chance, no network. */
export interface Sender {
  /** The kind of source that receives it. */
  kind: string
  /** The provider's name as people write it. */
  title: string
  /** A body as the provider would send it. Providers that put the event's id into the body put this one there. */
  sample(id?: string): Sample
  /** Every header that the provider would send with that body, the signature among them. */
  sign(message: Message): Record<string, string>
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
}

/** The bytes of a sample: JSON as most providers write it, without white space. */
export function jsonBytes(value: unknown): Uint8Array {
  return new TextEncoder().encode(JSON.stringify(value))
}
