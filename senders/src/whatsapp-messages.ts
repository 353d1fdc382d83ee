/** What WhatsApp's senders share: the number that is written to, the person who writes, and a message of every type. */

/** The business's number. */
export const business = { display_phone_number: '15550783881', phone_number_id: '106540352242922' }

/** The person. */
export const person = { name: 'Sari', waId: '628123456789', userId: 'ID.13491208655302741918' }

/** WhatsApp's id of a message of the sample with that id. */
export function wamid(id: string): string {
  return id.startsWith('wamid.') ? id : `wamid.${id}`
}

/** As Meta writes times. */
export function seconds(nowMs: number): string {
  return String(Math.floor(nowMs / 1000))
}

/**
 * The part of a message that its type decides, by the name of its sample. Several types of `interactive` have one each.
 * https://developers.facebook.com/documentation/business-messaging/whatsapp/webhooks/reference/messages
 */
export const contents: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
  text: { type: 'text', text: { body: 'Halo! Do you have pears today? 🍐' } },
  image: { type: 'image', image: { ...media('image/jpeg', '1003383421387256'), caption: 'My pear tree' } },
  video: { type: 'video', video: { ...media('video/mp4', '1003383421387257'), caption: 'Harvest' } },
  audio: { type: 'audio', audio: { ...media('audio/ogg; codecs=opus', '1003383421387258'), voice: true } },
  document: {
    type: 'document',
    document: { ...media('application/pdf', '1003383421387259'), filename: 'order.pdf', caption: 'The order' },
  },
  sticker: { type: 'sticker', sticker: { ...media('image/webp', '1003383421387260'), animated: false } },
  location: {
    type: 'location',
    location: { latitude: -6.2087634, longitude: 106.845599, name: 'Orchard Labs', address: 'Jl. Kebun 1, Jakarta' },
  },
  contacts: {
    type: 'contacts',
    contacts: [
      {
        name: { formatted_name: 'Marta König', first_name: 'Marta', last_name: 'König' },
        phones: [{ phone: '+49 1555 0100', wa_id: '4915550100', type: 'CELL' }],
        emails: [{ email: 'marta@orchard.example', type: 'WORK' }],
        org: { company: 'Orchard Labs' },
      },
    ],
  },
  'interactive.button_reply': {
    type: 'interactive',
    interactive: { type: 'button_reply', button_reply: { id: 'confirm', title: 'Confirm' } },
  },
  'interactive.list_reply': {
    type: 'interactive',
    interactive: { type: 'list_reply', list_reply: { id: 'pears', title: 'Pears', description: 'A crate of 10 kg' } },
  },
  'interactive.nfm_reply': {
    type: 'interactive',
    interactive: {
      type: 'nfm_reply',
      nfm_reply: { name: 'flow', body: 'Sent', response_json: '{"flow_token":"harvest","crates":2}' },
    },
  },
  'interactive.call_permission_reply': {
    type: 'interactive',
    interactive: {
      type: 'call_permission_reply',
      call_permission_reply: { response: 'accept', response_source: 'user_action' },
    },
  },
  button: { type: 'button', button: { text: 'Yes, please', payload: 'yes' } },
  reaction: { type: 'reaction', reaction: { message_id: 'wamid.earlier', emoji: '👍' } },
  order: {
    type: 'order',
    order: {
      catalog_id: '194836987003835',
      text: 'As soon as you can',
      product_items: [{ product_retailer_id: 'pear-10kg', quantity: 2, item_price: 12.5, currency: 'EUR' }],
    },
  },
  system: {
    type: 'system',
    system: {
      body: 'Sari changed from 628123456789 to 628123456780',
      type: 'user_changed_number',
      wa_id: '628123456780',
    },
  },
  unsupported: {
    type: 'unsupported',
    errors: [
      {
        code: 131051,
        title: 'Message type unknown',
        message: 'Message type unknown',
        error_data: { details: 'Message type is currently not supported.' },
      },
    ],
    unsupported: { type: 'poll_creation' },
  },
  edit: {
    type: 'edit',
    edit: {
      original_message_id: 'wamid.earlier',
      message: { type: 'text', text: { body: 'Halo! Do you have apples today?' } },
    },
  },
  revoke: { type: 'revoke', revoke: { original_message_id: 'wamid.earlier' } },
}

function media(mimeType: string, id: string): Record<string, unknown> {
  return { mime_type: mimeType, sha256: '4bCu6gSbRzFVPMjDTqiGdAFRqDQ8iz4QcuCJMVcgsHM=', id }
}

/** A message from the person, of the sample with that name. */
export function messageOf(name: string, id: string, nowMs: number): Record<string, unknown> {
  return {
    from: person.waId,
    from_user_id: person.userId,
    id: wamid(id),
    timestamp: seconds(nowMs),
    ...contents[name],
  }
}

/** The part of a status that its word decides. https://developers.facebook.com/documentation/business-messaging/whatsapp/webhooks/reference/messages/status */
const statusParts: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
  sent: { pricing: { billable: true, pricing_model: 'PMP', category: 'service', type: 'regular' } },
  delivered: { pricing: { billable: true, pricing_model: 'PMP', category: 'service', type: 'regular' } },
  read: {},
  played: {},
  failed: {
    errors: [
      {
        code: 131047,
        title: 'Re-engagement message',
        message: 'Re-engagement message',
        error_data: { details: 'More than 24 hours have passed since the person last replied to this number.' },
        href: 'https://developers.facebook.com/docs/whatsapp/cloud-api/support/error-codes/',
      },
    ],
  },
}

/** The words of the statuses, in the order in which they come. */
export const statusWords: readonly string[] = Object.keys(statusParts)

/** A status of a message to the person. */
export function statusOf(word: string, id: string, nowMs: number): Record<string, unknown> {
  return {
    id: wamid(id),
    status: word,
    timestamp: seconds(nowMs),
    recipient_id: person.waId,
    recipient_user_id: person.userId,
    ...statusParts[word],
  }
}
