import { eventType, ownText, type ParsedEvent } from '../source.ts'
import { isArray, itemsOf, membersOf, type Slice, splice, stringOf } from './json-slices.ts'
import { contactOf, distinct, messageKey, placed, sliceKey, statusKey, wamidOf } from './whatsapp-event.ts'

/** The statuses that Meta names; another word arrives as `whatsapp.message.status`. */
export const messageStatuses = ['sent', 'delivered', 'read', 'played', 'failed'] as const

/** Whether a body has the form in which Meta sends everything: a list of entries. */
export function isEnvelope(body: Slice): boolean {
  return isArray(membersOf(body).get('entry'))
}

/**
 * The events of a body as Meta sends it: one for each message, status, call and error of each change of each entry. The
 * data of each is put together out of the sender's own text:
 * `{"phone_number_id","display_phone_number","contact","message"}`, with `status`, `call` or `error` instead of `message`.
 * What cannot be read arrives as `whatsapp.message.malformed` beside the others, and a change that is not known arrives
 * whole as `whatsapp.<field>`: nothing is dropped.
 * https://developers.facebook.com/documentation/business-messaging/whatsapp/webhooks/reference/messages
 */
export function readEnvelope(body: Slice): ParsedEvent[] {
  return distinct(itemsOf(membersOf(body).get('entry')).flatMap(readEntry))
}

/** A body, or a piece of one, of which nothing is known: its own text. */
export function unknownEvent(piece: Slice, dedupeKey = sliceKey(piece.text)): ParsedEvent {
  return { dedupeKey, type: 'whatsapp.unknown', subject: null, data: piece.text }
}

/** What stands where a message or a status should, and is none: its own text. */
export function malformedEvent(piece: Slice, phoneNumberId?: string, dedupeKey = sliceKey(piece.text)): ParsedEvent {
  const event = { dedupeKey, type: 'whatsapp.message.malformed', data: piece.text }
  return placed(event, { phoneNumberId, contact: null })
}

function readEntry(entry: Slice): ParsedEvent[] {
  const members = membersOf(entry)
  if (!isArray(members.get('changes'))) return [unknownEvent(entry)]
  const account = { id: members.get('id'), time: members.get('time') }
  return itemsOf(members.get('changes')).flatMap((change) => readChange(change, account))
}

/** The WhatsApp Business account that an entry is about, and when Meta made the entry (only some fields tell). */
interface Account {
  id: Slice | undefined
  time: Slice | undefined
}

/** What the pieces of one change share. */
interface Setting {
  account: Account
  phoneNumberId: Slice | undefined
  displayPhoneNumber: Slice | undefined
  contacts: readonly Slice[]
  /** By number and by business-scoped id. */
  contactsById: ReadonlyMap<string, Slice>
}

function readChange(change: Slice, account: Account): ParsedEvent[] {
  const members = membersOf(change)
  const field = stringOf(members.get('field'))
  if (field === undefined || !/^[a-z0-9_]{1,64}$/.test(field)) return [unknownEvent(change)]
  const parts = membersOf(members.get('value'))
  const setting = settingOf(parts, account)
  const pieces = (name: string, read: (piece: Slice, setting: Setting) => ParsedEvent) =>
    itemsOf(parts.get(name)).map((piece) => read(piece, setting))
  const found = {
    messages: () => [...pieces('messages', received), ...pieces('statuses', statusEvent), ...pieces('errors', error)],
    smb_message_echoes: () => [...pieces('message_echoes', echo), ...pieces('errors', error)],
    calls: () => [...pieces('calls', call), ...pieces('statuses', callStatus), ...pieces('errors', error)],
  }
  const events = Object.hasOwn(found, field) ? found[field as keyof typeof found]() : []
  return events.length > 0 ? events : [wholeChange(field, members, setting)]
}

function settingOf(parts: ReadonlyMap<string, Slice>, account: Account): Setting {
  const metadata = membersOf(parts.get('metadata'))
  const contacts = itemsOf(parts.get('contacts'))
  const contactsById = new Map<string, Slice>()
  for (const contact of contacts) {
    for (const id of [ownText(contact.value, 'user_id'), ownText(contact.value, 'wa_id')]) {
      if (id !== undefined) contactsById.set(id, contact)
    }
  }
  return {
    account,
    phoneNumberId: metadata.get('phone_number_id'),
    displayPhoneNumber: metadata.get('display_phone_number'),
    contacts,
    contactsById,
  }
}

function received(message: Slice, setting: Setting): ParsedEvent {
  return messageEvent(message, setting, 'whatsapp.message.received', 'from')
}

/** What was written in the business's own app: https://developers.facebook.com/documentation/business-messaging/whatsapp/webhooks/reference/smb_message_echoes */
function echo(message: Slice, setting: Setting): ParsedEvent {
  return messageEvent(message, setting, 'whatsapp.message.echo', 'to')
}

function messageEvent(message: Slice, setting: Setting, type: string, side: 'from' | 'to'): ParsedEvent {
  const wamid = wamidOf(ownText(message.value, 'id'))
  if (wamid === undefined) return malformed(message, setting)
  return about(setting, {
    type,
    dedupeKey: messageKey(wamid),
    name: 'message',
    piece: message,
    ids: [ownText(message.value, side), ownText(message.value, `${side}_user_id`)],
  })
}

/** https://developers.facebook.com/documentation/business-messaging/whatsapp/webhooks/reference/messages/status */
function statusEvent(status: Slice, setting: Setting): ParsedEvent {
  const wamid = wamidOf(ownText(status.value, 'id'))
  const word = ownText(status.value, 'status')
  if (wamid === undefined || word === undefined) return malformed(status, setting)
  const isNamed = messageStatuses.some((each) => each === word)
  const participant = contactOf(
    ownText(status.value, 'recipient_participant_id'),
    ownText(status.value, 'recipient_participant_user_id'),
  )
  return about(setting, {
    type: `whatsapp.message.${isNamed ? word : 'status'}`,
    dedupeKey: isNamed ? statusKey(wamid, word, participant) : sliceKey(status.text),
    name: 'status',
    piece: status,
    ids: [ownText(status.value, 'recipient_id'), ownText(status.value, 'recipient_user_id'), participant ?? undefined],
  })
}

/** https://developers.facebook.com/documentation/business-messaging/whatsapp/calling */
function call(piece: Slice, setting: Setting): ParsedEvent {
  const side = ownText(piece.value, 'direction') === 'BUSINESS_INITIATED' ? 'to' : 'from'
  return about(setting, {
    type: 'whatsapp.call',
    dedupeKey: sliceKey('call', piece.text),
    name: 'call',
    piece,
    ids: [ownText(piece.value, side), ownText(piece.value, `${side}_user_id`)],
  })
}

/** A call that the business makes rings, is accepted, or is rejected. */
function callStatus(status: Slice, setting: Setting): ParsedEvent {
  return about(setting, {
    type: 'whatsapp.call',
    dedupeKey: sliceKey('call status', status.text),
    name: 'status',
    piece: status,
    ids: [ownText(status.value, 'recipient_id'), ownText(status.value, 'recipient_user_id')],
  })
}

/** https://developers.facebook.com/documentation/business-messaging/whatsapp/webhooks/reference/messages/errors */
function error(piece: Slice, setting: Setting): ParsedEvent {
  const { account, phoneNumberId } = setting
  return about(setting, {
    type: 'whatsapp.error',
    dedupeKey: sliceKey('error', account.id?.text, account.time?.text, phoneNumberId?.text, piece.text),
    name: 'error',
    piece,
    ids: [],
  })
}

function malformed(piece: Slice, { phoneNumberId }: Setting): ParsedEvent {
  return malformedEvent(piece, stringOf(phoneNumberId))
}

/** A piece of a change, and whom it names. */
interface Piece {
  type: string
  dedupeKey: string
  /** Its name in the event's data. */
  name: string
  piece: Slice
  /** Ids of the person: a number first, a business-scoped id after it. */
  ids: readonly (string | undefined)[]
}

function about(setting: Setting, { type, dedupeKey, name, piece, ids }: Piece): ParsedEvent {
  const contact = ids.length === 0 ? undefined : contactNamed(ids, setting)
  const data = splice({
    phone_number_id: setting.phoneNumberId,
    display_phone_number: setting.displayPhoneNumber,
    contact,
    [name]: piece,
  })
  const known = [ownText(contact?.value, 'wa_id'), ownText(contact?.value, 'user_id')]
  const place = { phoneNumberId: stringOf(setting.phoneNumberId), contact: contactOf(...known, ...ids) }
  return placed({ dedupeKey, type, data }, place)
}

// Mexico, Argentina and Brazil have numbers that are written in two ways; their last digits are the same.
function contactNamed(ids: readonly (string | undefined)[], { contacts, contactsById }: Setting): Slice | undefined {
  for (const id of ids) {
    const contact = id === undefined ? undefined : contactsById.get(id)
    if (contact) return contact
  }
  const [only] = contacts
  const digits = ownText(only?.value, 'wa_id')?.slice(-7)
  const isOther = contacts.length !== 1 || digits?.length !== 7
  return isOther || !ids.some((id) => id?.endsWith(digits)) ? undefined : only
}

function wholeChange(field: string, members: ReadonlyMap<string, Slice>, setting: Setting): ParsedEvent {
  const { account, phoneNumberId } = setting
  const value = members.get('value')
  const data = splice({ account_id: account.id, time: account.time, field: members.get('field'), value })
  return placed(
    { dedupeKey: sliceKey('change', data), type: eventType('whatsapp', field), data },
    { phoneNumberId: stringOf(phoneNumberId), contact: null },
  )
}
