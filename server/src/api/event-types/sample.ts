import type { Sender } from '@trunkline/senders'
import { parse } from '../../inbound/parse.ts'
import { Headers, type Incoming, type SourceDefinition } from '../../inbound/source.ts'

/** An event as it comes out of what a sender of ours plays. */
export interface TypeSample {
  type: string
  /** The kind of source and the provider's name of what was sent: `trigger <kind>.<event>` sends it. */
  kind: string
  event: string
  /** The exact JSON text, or null when what was sent is no JSON. */
  data: string | null
  /** What was sent. */
  body: Uint8Array
}

/** What the senders and the kinds of source are known by. */
export interface Played {
  senders: readonly Sender[]
  definitions: ReadonlyMap<string, SourceDefinition>
}

/** An example of a type: the first event of it among what the senders of these kinds play, or undefined. */
export function sampleOf(type: string, kinds: readonly string[], played: Played): TypeSample | undefined {
  for (const kind of kinds) {
    for (const sample of samplesOf(kind, played)) if (sample.type === type) return sample
  }
  return undefined
}

/** Every event that comes out of what the sender of a kind plays, in its order. */
export function* samplesOf(kind: string, { senders, definitions }: Played): Generator<TypeSample> {
  const sender = senders.find((each) => each.kind === kind)
  const definition = definitions.get(kind)
  if (!sender || !definition) return
  const config = definition.config.parse({})
  for (const event of sender.events) {
    const request = requestOf(sender, event)
    for (const { type, data } of parse(request, { definition, config }).events) {
      yield { type, kind, event, data: data === null ? null : Buffer.from(data).toString(), body: request.body }
    }
  }
}

/** Headers are signed with it, because some tell what an event is. Nothing is verified. */
const anySecret = 'this secret proves nothing'
const sampleId = 'sample_1'

function requestOf(sender: Sender, event: string): Incoming {
  const { body } = sender.sample({ event, id: sampleId })
  const message = { body, secret: anySecret, nowMs: 0, id: sampleId, event }
  const query = sender.query?.(message) ?? ''
  const url = `/in/sample${query === '' ? '' : `?${query}`}`
  const address = `https://hooks.example${url}`
  return {
    method: 'POST',
    url,
    address,
    isAddressed: true,
    headers: new Headers(Object.entries(sender.sign({ ...message, url: address }))),
    body: Buffer.from(body),
  }
}
