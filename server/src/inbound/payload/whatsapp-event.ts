import { createHash } from 'node:crypto'
import { type ParsedEvent, Unparsable } from '../source.ts'

/** As many as Meta puts into a body at most, as it says; one of more pieces is kept, but not taken apart. */
const mostEvents = 1000

/** What the reader of a message, a status or a call found out about where it belongs. */
export interface Place {
  /** Meta's id of the business's number. */
  phoneNumberId: string | undefined
  /** The person's digits, or business-scoped id, or null. */
  contact: string | null
}

/** An event of that place: the contact is its subject, number and contact are its order key, the number is its route. */
export function placed(
  event: Pick<ParsedEvent, 'dedupeKey' | 'type' | 'data'>,
  { phoneNumberId, contact }: Place,
): ParsedEvent {
  const route = phoneNumberId !== undefined && /^[A-Za-z0-9_-]{1,39}$/.test(phoneNumberId) ? phoneNumberId : undefined
  return {
    ...event,
    subject: contact,
    ...(route !== undefined && { route }),
    ...(route !== undefined && contact !== null && { orderKey: `${route}:${contact}` }),
  }
}

/**
 * The person that one of these ids names: the digits of a phone number if there is one, else the first business-scoped
 * id, else null. People who have a username may show no number.
 * https://developers.facebook.com/documentation/business-messaging/whatsapp/business-scoped-user-ids
 */
export function contactOf(...ids: readonly unknown[]): string | null {
  const texts = ids.filter((id) => typeof id === 'string')
  for (const text of texts) {
    // Kapso writes numbers as `+1555…`, Meta as digits, and what a person typed may have spaces in it.
    const digits = /^\+?[0-9][0-9 ().-]{2,30}$/.test(text) ? text.replace(/[^0-9]/g, '') : ''
    if (digits.length >= 5 && digits.length <= 20) return digits
  }
  return texts.find((text) => text.length <= 160 && /^[A-Z]{2}(\.[A-Za-z0-9]{1,128}){1,3}$/.test(text)) ?? null
}

/** WhatsApp's id of a message (`wamid.…`), or undefined unless it can be part of a key. */
export function wamidOf(id: unknown): string | undefined {
  return typeof id === 'string' && /^[!-~]{1,160}$/.test(id) ? id : undefined
}

/** The same in Meta's and in Kapso's form, so that a message that comes in both is one event. */
export function messageKey(wamid: string): string {
  return `message:${wamid}`
}

/** The same in both forms. In a group a message has one status for each participant. */
export function statusKey(wamid: string, status: string, participant?: string | null): string {
  return `status:${wamid}:${status}${participant ? `:${participant}` : ''}`
}

/** The key of what has no id of its own: the hash of what was sent. */
export function sliceKey(...texts: readonly (string | undefined)[]): string {
  const hash = createHash('sha256')
  for (const text of texts) hash.update(`${text?.length ?? 'none'}:${text ?? ''}`)
  return `sha256:${hash.digest('hex')}`
}

/** The events of one request without those that it holds twice. */
export function distinct(events: readonly ParsedEvent[]): ParsedEvent[] {
  if (events.length > mostEvents) {
    throw new Unparsable(`the body has ${events.length} messages, statuses and changes; ${mostEvents} are allowed`)
  }
  const keys = new Set<string | null>()
  return events.filter(({ dedupeKey }) => {
    const isKnown = dedupeKey !== null && keys.has(dedupeKey)
    keys.add(dedupeKey)
    return !isKnown
  })
}
