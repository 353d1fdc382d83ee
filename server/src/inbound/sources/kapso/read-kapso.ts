import { isArray, isObject, itemsOf, membersOf, type Slice, stringOf } from '../../payload/json-slices.ts'
import { isEnvelope, malformedEvent, readEnvelope, unknownEvent } from '../../payload/whatsapp.ts'
import { contactOf, distinct, placed, sliceKey } from '../../payload/whatsapp-event.ts'
import { type Headers, ownText, type ParsedEvent, subjectOf } from '../../source.ts'
import { messageEvent } from './message-event.ts'

/** What the headers of a request say. No signature covers them. */
interface Said {
  /** Kapso's name of the event. */
  name: string | undefined
  /** Kapso's id of the delivery. */
  key: string | undefined
}

/**
 * The events of a body from Kapso: a batch, one event of its own (v2 or the older v1, which some of its examples wrap in
 * `data`), or a body of Meta's that it passes on. The data of its own events is what it sent, to the letter.
 * https://docs.kapso.ai/docs/platform/webhooks/message-events
 */
export function readKapso(body: Slice, headers: Headers): ParsedEvent[] {
  const members = membersOf(body)
  const said = { name: nameOf(headers.get('x-webhook-event')), key: keyOf(headers.get('x-idempotency-key')) }
  if (isBatch(members, headers)) {
    const name = nameOf(stringOf(members.get('type'))) ?? said.name
    // The key is the whole batch's, so its items have none.
    return distinct(itemsOf(members.get('data')).map((item) => readItem(item, { name, key: undefined })))
  }
  const inner = members.get('data')
  if (inner && !isAboutPerson(members) && isAboutPerson(membersOf(inner))) {
    return [readItem(inner, { ...said, name: nameIn(members) ?? said.name })]
  }
  if (isAboutPerson(members) || nameIn(members) !== undefined) return [readItem(body, said)]
  if (isEnvelope(body)) return readEnvelope(body)
  return [said.name === undefined ? unknownEvent(body, said.key) : readItem(body, said)]
}

function isBatch(members: ReadonlyMap<string, Slice>, headers: Headers): boolean {
  const isCalledSo = members.get('batch')?.value === true || headers.get('x-webhook-batch') === 'true'
  return isCalledSo && isArray(members.get('data'))
}

function isAboutPerson(members: ReadonlyMap<string, Slice>): boolean {
  return isObject(members.get('message')) || isObject(members.get('conversation'))
}

function readItem(item: Slice, said: Said): ParsedEvent {
  const members = membersOf(item)
  const name = nameIn(members) ?? said.name
  const phoneNumberId = phoneNumberOf(members)
  const isOfMessage = name?.startsWith('whatsapp.message.') ?? members.has('message')
  if (isOfMessage) {
    return messageEvent({ item, members, name, phoneNumberId }) ?? malformedEvent(item, phoneNumberId, said.key)
  }
  return ownEvent(item, members, name ?? nameByForm(members), phoneNumberId, said.key)
}

/** An event of Kapso's that is about no message: a conversation, a number, a workflow. */
function ownEvent(
  item: Slice,
  members: ReadonlyMap<string, Slice>,
  name: string | undefined,
  phoneNumberId: string | undefined,
  key: string | undefined,
): ParsedEvent {
  const dedupeKey = key ?? sliceKey(name, item.text)
  if (name === undefined) return unknownEvent(item, dedupeKey)
  const type = name.startsWith('whatsapp.') ? name : `whatsapp.${name}`
  const { conversation, contact } = valuesOf(members)
  const person = contactOf(
    ownText(conversation, 'phone_number'),
    ownText(contact, 'wa_id'),
    ownText(conversation, 'business_scoped_user_id'),
    ownText(contact, 'business_scoped_user_id'),
  )
  const event = placed({ dedupeKey, type, data: item.text }, { phoneNumberId, contact: person })
  const other = stringOf(members.get('workflow_execution_id')) ?? phoneNumberId
  return person === null ? { ...event, subject: subjectOf(other) } : event
}

function valuesOf(members: ReadonlyMap<string, Slice>): { conversation: unknown; contact: unknown } {
  return { conversation: members.get('conversation')?.value, contact: members.get('contact')?.value }
}

/** v2 has the number's id at the top, v1 in the number's settings. */
function phoneNumberOf(members: ReadonlyMap<string, Slice>): string | undefined {
  return (
    stringOf(members.get('phone_number_id')) ??
    ownText(members.get('conversation')?.value, 'phone_number_id') ??
    ownText(members.get('whatsapp_config')?.value, 'phone_number_id')
  )
}

/** What the signed body says goes before what the header says. */
function nameIn(members: ReadonlyMap<string, Slice>): string | undefined {
  return nameOf(stringOf(members.get('event')))
}

function nameByForm(members: ReadonlyMap<string, Slice>): string | undefined {
  if (!members.has('conversation')) return undefined
  if (members.has('inactivity')) return 'whatsapp.conversation.inactive'
  const hasEnded = ownText(members.get('conversation')?.value, 'status') === 'ended'
  return `whatsapp.conversation.${hasEnded ? 'ended' : 'created'}`
}

function nameOf(name: string | undefined): string | undefined {
  return name !== undefined && name.length <= 100 && /^[a-z0-9_]+(\.[a-z0-9_]+)+$/.test(name) ? name : undefined
}

// Without a colon, so that no header can make a key that is a message's.
function keyOf(key: string | undefined): string | undefined {
  return key !== undefined && /^[A-Za-z0-9._-]{1,200}$/.test(key) ? key : undefined
}
