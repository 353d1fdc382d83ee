import { itemsOf, membersOf, type Slice, stringOf } from '../../payload/json-slices.ts'
import { messageStatuses } from '../../payload/whatsapp.ts'
import { contactOf, messageKey, placed, sliceKey, statusKey, wamidOf } from '../../payload/whatsapp-event.ts'
import { ownText, ownValue, type ParsedEvent } from '../../source.ts'

/** One of Kapso's events of a message. */
export interface MessageItem {
  /** All of it. */
  item: Slice
  members: ReadonlyMap<string, Slice>
  /** Kapso's name of the event, such as `whatsapp.message.read`. */
  name: string | undefined
  phoneNumberId: string | undefined
}

/** The event of a message, or undefined when the message has no id. It has the type and the key that it has in Meta's form. */
export function messageEvent({ item, members, name, phoneNumberId }: MessageItem): ParsedEvent | undefined {
  const message = members.get('message')
  // v1 has an id of Kapso's own beside WhatsApp's.
  const wamid = wamidOf(ownText(message?.value, 'whatsapp_message_id')) ?? wamidOf(ownText(message?.value, 'id'))
  if (!message || wamid === undefined) return undefined
  const told = name?.slice('whatsapp.message.'.length)
  const kind = kindOf(message, told)
  const dedupeKey = kind === 'received' || kind === 'echo' ? messageKey(wamid) : statusKey(wamid, kind)
  const isNamed = kind !== 'status'
  return placed(
    { dedupeKey: isNamed ? dedupeKey : sliceKey(item.text), type: `whatsapp.message.${kind}`, data: item.text },
    { phoneNumberId, contact: personOf(message.value, members.get('conversation')?.value) },
  )
}

/**
 * Received, written in the business's own app, or a status. Kapso names the event in a header that is not signed, so the
 * signed body must have reached the status that the header tells: a copy under another name would be believed otherwise.
 */
function kindOf(message: Slice, told: string | undefined): string {
  const own = membersOf(message)
  const kapso = membersOf(own.get('kapso'))
  const text = (field: string) => stringOf(kapso.get(field)) ?? stringOf(own.get(field))
  const direction = text('direction')
  const status = text('status')
  if (direction === 'inbound') return 'received'
  if (direction === undefined && !isStatus(told) && !isStatus(status)) return 'received'
  const reached = [status, ...itemsOf(kapso.get('statuses')).map((each) => ownText(each.value, 'status'))]
  const kind = isStatus(told) && (reached.includes(told) || status === undefined) ? told : status
  if (!isStatus(kind)) return 'status'
  return kind === 'sent' && text('origin') === 'business_app' ? 'echo' : kind
}

function isStatus(word: string | undefined): word is string {
  return messageStatuses.some((each) => each === word)
}

/** https://docs.kapso.ai/docs/platform/webhooks/message-events: any of them may be missing. */
function personOf(message: unknown, conversation: unknown): string | null {
  const isOutbound = (ownText(ownValue(message, 'kapso'), 'direction') ?? ownText(message, 'direction')) === 'outbound'
  const side = isOutbound ? 'to' : 'from'
  return contactOf(
    ownText(message, side),
    ownText(conversation, 'phone_number'),
    ownText(message, 'phone_number'),
    ownText(message, 'conversation_phone_number'),
    ownText(message, `${side}_user_id`),
    ownText(conversation, 'business_scoped_user_id'),
  )
}
