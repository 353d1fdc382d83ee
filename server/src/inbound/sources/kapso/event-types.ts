import { z } from 'zod'
import { whatsappTypes } from '../../payload/whatsapp-types.ts'
import type { EventTypeEntry } from '../../source.ts'

const text = z.string().optional()

const conversation = z.looseObject({
  id: z.string(),
  phone_number: z.string().nullish(),
  status: text,
  business_scoped_user_id: z.string().nullish(),
})

/** v2 has `phone_number_id` at the top, v1 inside of `whatsapp_config`. */
const ofConversation = z.looseObject({ phone_number_id: text, conversation })
const ofNumber = z.looseObject({ phone_number_id: text })
const ofContact = z.looseObject({
  phone_number_id: text,
  contact: z.looseObject({ id: text, wa_id: z.string().nullish() }),
})
const ofWorkflow = z.looseObject({
  event: z.string(),
  workflow_id: text,
  workflow_execution_id: text,
  status: text,
  whatsapp_conversation_id: z.string().nullish(),
})

const ofMessage = z.looseObject({
  phone_number_id: text,
  message: z.looseObject({
    id: z.string(),
    type: text,
    timestamp: text,
    kapso: z.looseObject({ direction: text, status: text, origin: text }).optional(),
  }),
  conversation: conversation.optional(),
})

/** Every type that Kapso's webhooks bring, whether in its own form or in Meta's. */
export const kapsoTypes: readonly EventTypeEntry[] = [
  ...whatsappTypes.map(withKapsoForm),
  {
    type: 'whatsapp.conversation.created',
    description: 'Kapso began a conversation with a person.',
    data: ofConversation,
  },
  {
    type: 'whatsapp.conversation.ended',
    description: 'A conversation ended: by an agent, by hand, or after 24 hours without a message.',
    data: ofConversation,
  },
  {
    type: 'whatsapp.conversation.inactive',
    description: 'Nobody wrote in a conversation for as many minutes as the webhook is set to.',
    data: ofConversation,
  },
  {
    type: 'whatsapp.contact.identity_changed',
    description: 'A contact has another business-scoped user id.',
    data: ofContact,
  },
  {
    type: 'whatsapp.contact.marketing_preference_changed',
    description: 'A contact stopped or resumed marketing messages.',
    data: ofContact,
  },
  { type: 'whatsapp.phone_number.created', description: 'A customer connected a WhatsApp number.', data: ofNumber },
  { type: 'whatsapp.phone_number.deleted', description: 'A number was removed from the project.', data: ofNumber },
  { type: 'whatsapp.config.created', description: 'A number was connected, as v1 webhooks tell it.' },
  {
    type: 'whatsapp.meta_business_agent.handover',
    description: 'Meta’s Business Agent handed a conversation over.',
  },
  {
    type: 'whatsapp.workflow.execution.handoff',
    description: 'A workflow handed a conversation to a person.',
    data: ofWorkflow,
  },
  { type: 'whatsapp.workflow.execution.failed', description: 'A workflow failed.', data: ofWorkflow },
  { type: 'whatsapp.project.event', description: 'An event of the project’s own making.' },
]

/** A message or a status comes in Kapso's own form or in Meta's. */
function withKapsoForm(entry: EventTypeEntry): EventTypeEntry {
  const isOfMessage = entry.data !== undefined && entry.type.startsWith('whatsapp.message.')
  return entry.data && isOfMessage ? { ...entry, data: z.union([ofMessage, entry.data]) } : entry
}
