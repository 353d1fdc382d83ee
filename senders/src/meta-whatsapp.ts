import { createHmac } from 'node:crypto'
import { jsonSamples, type Sender, type Wanted } from './sender.ts'
import { business, contents, messageOf, person, seconds, statusOf, statusWords, wamid } from './whatsapp-messages.ts'

type Given = Required<Omit<Wanted, 'event'>>

/**
 * Meta signs the body alone, with the app's secret.
 * https://developers.facebook.com/documentation/business-messaging/whatsapp/webhooks/create-webhook-endpoint
 */
export const metaWhatsapp: Sender = {
  kind: 'meta-whatsapp',
  title: 'WhatsApp (Meta)',
  ...jsonSamples('WhatsApp', {
    ...samplesOf(Object.keys(contents), 'message', (name, { id, nowMs }) =>
      messagesChange({ contacts: [contact], messages: [messageOf(name, id, nowMs)] }),
    ),
    ...samplesOf(statusWords, 'status', (word, { id, nowMs }) =>
      messagesChange({ contacts: [contact], statuses: [statusOf(word, id, nowMs)] }),
    ),
    echo: ({ id, nowMs }) =>
      envelope('smb_message_echoes', {
        message_echoes: [
          {
            from: business.display_phone_number,
            to: person.waId,
            id: wamid(id),
            timestamp: seconds(nowMs),
            type: 'text',
            text: { body: 'Yes, a crate is waiting for you.' },
          },
        ],
      }),
    call: ({ id, nowMs }) =>
      envelope('calls', {
        contacts: [contact],
        calls: [
          {
            id: `wacid.${id}`,
            from: person.waId,
            to: business.display_phone_number,
            event: 'terminate',
            direction: 'USER_INITIATED',
            timestamp: seconds(nowMs),
            status: 'COMPLETED',
            start_time: seconds(nowMs - 33_000),
            end_time: seconds(nowMs),
            duration: 33,
          },
        ],
      }),
    error: ({ id }) =>
      messagesChange({
        errors: [
          {
            code: 130429,
            title: 'Rate limit hit',
            message: 'Rate limit hit',
            error_data: { details: `Too many messages were sent from this number in a short time (${id}).` },
          },
        ],
      }),
    account_update: ({ id, nowMs }) => ({
      object: 'whatsapp_business_account',
      entry: [
        {
          id: accountId,
          time: Math.floor(nowMs / 1000),
          changes: [
            {
              field: 'account_update',
              value: { event: 'PARTNER_ADDED', waba_info: { waba_id: accountId, owner_business_id: id } },
            },
          ],
        },
      ],
    }),
  }),
  sign: ({ body, secret }) => ({
    'content-type': 'application/json',
    'user-agent': 'facebookexternalua',
    'x-hub-signature-256': `sha256=${createHmac('sha256', secret).update(body).digest('hex')}`,
  }),
}

const accountId = '102290129340398'

const contact = { profile: { name: person.name }, wa_id: person.waId, user_id: person.userId }

/** A body as Meta sends it, with one message of the person's in it. */
export function metaMessage(name: string, { id, nowMs }: Given): unknown {
  return messagesChange({ contacts: [contact], messages: [messageOf(name, id, nowMs)] })
}

function samplesOf(names: readonly string[], group: string, body: (name: string, given: Given) => unknown) {
  return Object.fromEntries(names.map((name) => [`${group}.${name}`, (given: Given) => body(name, given)]))
}

function messagesChange(parts: Record<string, unknown>): unknown {
  return envelope('messages', parts)
}

function envelope(field: string, parts: Record<string, unknown>): unknown {
  const value = { messaging_product: 'whatsapp', metadata: business, ...parts }
  return { object: 'whatsapp_business_account', entry: [{ id: accountId, changes: [{ value, field }] }] }
}
