import { z } from 'zod'
import type { EventTypeEntry } from '../source.ts'

const contact = z
  .looseObject({
    wa_id: z.string().optional(),
    user_id: z.string().optional(),
    profile: z.looseObject({ name: z.string().optional(), username: z.string().optional() }).optional(),
  })
  .nullable()

/** WhatsApp's message: `type` tells which member holds the content. */
const message = z.looseObject({
  id: z.string(),
  from: z.string().optional(),
  timestamp: z.string().optional(),
  type: z.string().optional(),
})

const status = z.looseObject({
  id: z.string(),
  status: z.string(),
  timestamp: z.string().optional(),
  recipient_id: z.string().optional(),
  errors: z.array(z.looseObject({ code: z.number().optional() })).optional(),
})

const number = { phone_number_id: z.string().nullable(), display_phone_number: z.string().nullable() }

const messageData = z.looseObject({ ...number, contact, message })
const statusData = z.looseObject({ ...number, contact, status })

const statusDescriptions = {
  sent: 'WhatsApp took a message of yours.',
  delivered: 'A message of yours reached the person’s device. Left out when it is read at once.',
  read: 'The person saw a message of yours.',
  played: 'The person played a voice message of yours.',
  failed: 'A message of yours could not be sent or delivered; the status says why.',
}

/** The types that come in Meta's form, with the shape of their data. */
export const whatsappTypes: readonly EventTypeEntry[] = [
  {
    type: 'whatsapp.message.received',
    description:
      'A person wrote to you: text, media, a reply, a reaction, an order, an edit, a revocation; the message’s own type says which.',
    data: messageData,
  },
  ...Object.entries(statusDescriptions).map(([word, description]) => ({
    type: `whatsapp.message.${word}`,
    description,
    data: statusData,
  })),
  {
    type: 'whatsapp.message.status',
    description: 'A message of yours has a status that has no type of its own.',
    data: statusData,
  },
  {
    type: 'whatsapp.message.echo',
    description: 'Somebody of yours wrote a message in the WhatsApp Business app.',
    data: messageData,
  },
  {
    type: 'whatsapp.message.malformed',
    description: 'A message or a status has no id; its own text is the data.',
  },
  {
    type: 'whatsapp.call',
    description: 'A call begins, ends, or changes its status.',
    data: z.looseObject({
      ...number,
      contact,
      call: z.looseObject({ id: z.string().optional(), event: z.string().optional() }).optional(),
      status: z.looseObject({ id: z.string().optional(), status: z.string().optional() }).optional(),
    }),
  },
  {
    type: 'whatsapp.error',
    description: 'WhatsApp tells of an error that belongs to no message.',
    data: z.looseObject({ ...number, error: z.looseObject({ code: z.number().optional() }) }),
  },
  {
    type: 'whatsapp.unknown',
    description: 'A genuine body, or a piece of one, whose form is not known; its own text is the data.',
  },
]
