import { createHash, randomUUID } from 'node:crypto'
import { type Edit, edited, idFor, requestOf, type Sample, type Sender, sampleOf, UnfitEdit } from '@trunkline/senders'
import { Misuse, nearest } from './options.ts'

/** What is to be sent, and as whom. */
export interface Script {
  sender: Sender
  /** The provider's names of the events, taken in turn. */
  events: readonly string[]
  url: URL
  secret: string
  edits: readonly Edit[]
  /** The bytes that are sent instead of samples. */
  file: Uint8Array | undefined
  /** The one id of everything, when there is to be one. */
  id: string | undefined
}

/** One event of a provider: sent again it is the same. */
export interface Message {
  id: string
  sample: Sample
}

/** The message of a script at this place. */
export function messageAt(script: Script, place: number, nowMs: number): Message {
  const { sender, events, secret, edits, file, url } = script
  const event = events[place % events.length] ?? sender.events[0]
  const id = script.id ?? idFor(sender.kind, randomUUID())
  const signing = { secret, nowMs, id, url: url.href }
  try {
    if (file === undefined) return { id, sample: sampleOf(sender, { ...signing, event, edits }) }
    const { headers } = requestOf(sender, { event, body: file }, signing)
    return { id, sample: { event, body: edited(file, edits, headers['content-type']) } }
  } catch (error) {
    if (error instanceof UnfitEdit) throw new Misuse(`--set: ${error.message}`)
    // What was thrown is left out: it may quote the secret.
    throw new Misuse(`--secret is not in the form that ${sender.title} signs with`)
  }
}

/** How many different events messages make: greetings make none. */
export function eventsIn(script: Script, messages: Iterable<Message>): number {
  const { greetings = [] } = script.sender
  const telling = [...messages].filter(({ sample }) => !greetings.includes(sample.event))
  return new Set(telling.map((message) => fingerprintOf(script, message))).size
}

/**
 * What makes a message another one: all that is sent, at a moment that is the same for all. Some events of providers hold
 * no id at all, and are then the same one each time.
 */
function fingerprintOf({ sender, secret, url }: Script, { id, sample }: Message): string {
  const { headers, query, body } = requestOf(sender, sample, { secret, nowMs: 0, id, url: url.href })
  return createHash('sha256')
    .update(JSON.stringify([headers, query]))
    .update(body)
    .digest('base64')
}

/** Reads `github` or `github.issues`. An event that the provider has no sample of is right only with a body of its own. */
export function readEvent(
  word: string,
  senders: readonly Sender[],
  hasBody: boolean,
): { sender: Sender; event: string | undefined } {
  const dot = word.indexOf('.')
  const kind = dot < 0 ? word : word.slice(0, dot)
  const event = dot < 0 ? undefined : word.slice(dot + 1)
  const kinds = senders.map((each) => each.kind)
  const sender = senders.find((each) => each.kind === kind)
  if (!sender) throw new Misuse(`there is no sender of that kind; there are ${kinds.join(', ')}`)
  if (event === '') throw new Misuse('the name of an event is missing behind the dot')
  if (event !== undefined && !hasBody && !sender.events.includes(event)) {
    const near = nearest(event, sender.events)
    const hint = near === undefined ? `there are ${sender.events.join(', ')}.` : `did you mean ${kind}.${near}?`
    throw new Misuse(`${sender.title} has no sample of that event; ${hint} Any other needs --body`)
  }
  return { sender, event }
}
