import { jsonOrNone } from '../../payload/json-or-none.ts'
import { isObject, itemsOf, membersOf, type Slice } from '../../payload/json-slices.ts'
import {
  dedupeKey,
  eventType,
  type Headers,
  ownText,
  type ParsedEvent,
  type Readable,
  subjectOf,
  Unparsable,
} from '../../source.ts'

/** How many events one request may hold, as many as Event Grid puts into one: all of them are stored in one transaction. */
const mostEvents = 5000

/** The attributes that every event has by the specification. A sender may have left any of them out. */
interface Attributes {
  id: string | undefined
  source: string | undefined
  type: string | undefined
  subject: string | undefined
}

/** The events of a request: one in the structured and the binary mode, any number in a batch. */
export function readEvents(request: Readable): ParsedEvent[] {
  const contentType = request.headers.get('content-type')?.toLowerCase() ?? ''
  if (contentType.startsWith('application/cloudevents-batch')) return batch(request)
  if (contentType.startsWith('application/cloudevents')) return structured(request)
  if (['ce-specversion', 'ce-type', 'ce-id'].some((name) => request.headers.all(name).length > 0))
    return binary(request)
  throw new Unparsable('the content type is not application/cloudevents+json, and there are no ce- headers')
}

function structured({ json }: Readable): ParsedEvent[] {
  return [eventIn(json())]
}

function batch({ json }: Readable): ParsedEvent[] {
  const list = json()
  if (!Array.isArray(list.value)) throw new Unparsable('the body is not a list of events')
  const { length } = list.value
  if (length > mostEvents) throw new Unparsable(`the body holds ${length} events, and ${mostEvents} are taken`)
  const events = new Map<string | null, ParsedEvent>()
  for (const item of itemsOf(list)) {
    // One that cannot be read is not to take the others with it.
    const event = isObject(item) ? eventIn(item) : malformed(item)
    if (!events.has(event.dedupeKey)) events.set(event.dedupeKey, event)
  }
  return [...events.values()]
}

const malformed = ({ text }: Slice): ParsedEvent => ({
  dedupeKey: dedupeKey(undefined, Buffer.from(text)),
  type: 'cloudevents.malformed',
  subject: null,
  data: text,
})

/** An event whose attributes are members of its JSON. Its data is the member `data`; data in base64 stays in the event it came in. */
function eventIn(slice: Slice): ParsedEvent {
  if (!isObject(slice)) throw new Unparsable('the body is no CloudEvent: it is not a JSON object')
  const { text, value } = slice
  const attributes = {
    id: ownText(value, 'id'),
    source: ownText(value, 'source'),
    type: ownText(value, 'type'),
    subject: ownText(value, 'subject'),
  }
  return { ...common(attributes, Buffer.from(text)), data: membersOf(slice).get('data')?.text ?? text }
}

/** An event whose attributes are headers, and whose data is the body, whatever it is. */
function binary(request: Readable): ParsedEvent[] {
  const { headers, body } = request
  const attribute = (name: string) => decoded(headers, `ce-${name}`)
  const attributes = {
    id: attribute('id'),
    source: attribute('source'),
    type: attribute('type'),
    subject: attribute('subject'),
  }
  return [{ ...common(attributes, body), data: jsonOrNone(request)?.text ?? null }]
}

/** https://github.com/cloudevents/spec/blob/main/cloudevents/bindings/http-protocol-binding.md#3132-http-header-values */
function decoded(headers: Headers, name: string): string | undefined {
  const value = headers.get(name)
  try {
    return value === undefined ? undefined : decodeURIComponent(value)
  } catch {
    return value
  }
}

function common({ id, source, type, subject }: Attributes, bytes: Buffer): Omit<ParsedEvent, 'data'> {
  return {
    dedupeKey: dedupeKey(repeatKey(source, id), bytes),
    type: eventType('cloudevents', type),
    subject: subjectOf(subject) ?? subjectOf(source),
  }
}

/**
 * Source and id together are one event and no other. A source is a URI, in which no `|` can stand; where one does, or where
 * the two are too long for a column, the event's hash is the key.
 */
function repeatKey(source: string | undefined, id: string | undefined): string | undefined {
  return source === undefined || id === undefined || id === '' || source.includes('|') ? undefined : `${source}|${id}`
}
