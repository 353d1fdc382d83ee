import { metaMessage } from './meta-whatsapp.ts'
import type { Wanted } from './sender.ts'
import { business, contents, messageOf, person, seconds, statusOf, wamid } from './whatsapp-messages.ts'

type Given = Required<Omit<Wanted, 'event'>>
type Bodies = Record<string, (given: Given) => unknown>

/** A body for each sample of Kapso's, by the sample's name. */
export function kapsoBodies(): Bodies {
  const samples: Bodies = {}
  for (const name of Object.keys(contents)) samples[`message.${name}`] = (given) => received(name, given)
  for (const word of statusWords) samples[`status.${word}`] = (given) => outbound(word, given)
  return { ...samples, ...ofConversations, ...ofProject, ...ofVersionOne, batch, 'meta.message.text': metaText }
}

/** Those that Kapso has events for. https://docs.kapso.ai/docs/platform/webhooks/message-events */
const statusWords = ['sent', 'delivered', 'read', 'failed']

const ofConversations: Bodies = {
  'conversation.created': (given) => ({ conversation: conversation(given), ...atNumber }),
  'conversation.ended': (given) => ({ conversation: { ...conversation(given), status: 'ended' }, ...atNumber }),
  'conversation.inactive': (given) => ({
    conversation: conversation(given),
    since_message: {
      id: 'msg_anchor',
      whatsapp_message_id: wamid(given.id),
      direction: 'inbound',
      created_at: timeOf(given.nowMs - 3_600_000),
    },
    inactivity: { minutes: 60 },
    ...atNumber,
  }),
  'contact.identity_changed': (given) => ({
    contact: { ...contact(given), business_scoped_user_id: person.userId, username: '@sari' },
    previous: { business_scoped_user_id: 'ID.10000000000000000001', parent_business_scoped_user_id: null },
    ...atNumber,
  }),
  'contact.marketing_preference_changed': (given) => ({
    contact: contact(given),
    marketing_preference: {
      status: 'stopped',
      previous_status: 'resumed',
      detail: null,
      occurred_at: timeOf(given.nowMs),
      sequence: 42,
    },
    ...atNumber,
  }),
  'meta_business_agent.handover': (given) => ({ conversation: conversation(given), ...atNumber }),
}

const ofProject: Bodies = {
  'phone_number.created': () => ({ ...atNumber, project: { id: 'prj_orchard' }, customer: { id: 'cus_orchard' } }),
  'phone_number.deleted': () => ({ ...atNumber, project: { id: 'prj_orchard' }, customer: { id: 'cus_orchard' } }),
  'workflow.execution.handoff': (given) => ({
    ...execution('handoff', given),
    handoff: { reason: 'The person asked for somebody', source: 'agent_tool' },
  }),
  'workflow.execution.failed': (given) => ({ ...execution('failed', given), error: { message: 'It took too long' } }),
  'project.event': (given) => ({
    event: 'project.event',
    occurred_at: timeOf(given.nowMs),
    project_id: 'prj_orchard',
    name: 'harvest.finished',
    payload: { crates: 12 },
  }),
}

/** https://docs.kapso.ai/docs/platform/webhooks/legacy */
const ofVersionOne: Bodies = {
  'v1.message.text': (given) => ({
    message: {
      id: `msg_${given.id}`,
      whatsapp_message_id: wamid(given.id),
      message_type: 'text',
      content: 'Halo! Do you have pears today? 🍐',
      direction: 'inbound',
      status: 'received',
      origin: 'cloud_api',
      has_media: false,
      phone_number: `+${person.waId}`,
      created_at: timeOf(given.nowMs),
    },
    conversation: { id: 'conv_9', phone_number: `+${person.waId}`, status: 'active', whatsapp_config_id: 'cfg_1' },
    whatsapp_config: config,
    is_new_conversation: false,
  }),
  'v1.config.created': () => ({ whatsapp_config: config, project: { id: 'prj_orchard' } }),
}

const config = { id: 'cfg_1', ...business }
const atNumber = { phone_number_id: business.phone_number_id }

function batch({ id, nowMs }: Given): unknown {
  const items = [received('text', { id, nowMs }), received('image', { id: `${id}b`, nowMs })]
  return { type: 'whatsapp.message.received', batch: true, data: items }
}

function metaText(given: Given): unknown {
  return metaMessage('text', given)
}

function received(name: string, given: Given): unknown {
  const hasMedia = ['image', 'video', 'audio', 'document', 'sticker'].includes(name)
  const extension = {
    direction: 'inbound',
    status: 'received',
    processing_status: 'pending',
    origin: 'cloud_api',
    has_media: hasMedia,
    ...(hasMedia && { media_url: 'https://media.kapso.example/1003383421387256' }),
  }
  return inConversation({ ...messageOf(name, given.id, given.nowMs), kapso: extension }, given)
}

function outbound(word: string, given: Given): unknown {
  const { id, nowMs } = given
  const statuses = [statusOf('sent', id, nowMs - 2000), ...(word === 'sent' ? [] : [statusOf(word, id, nowMs)])]
  const message = {
    id: wamid(id),
    to: person.waId,
    timestamp: seconds(nowMs),
    type: 'text',
    text: { body: 'Yes, a crate is waiting for you.' },
    kapso: {
      direction: 'outbound',
      status: word,
      processing_status: 'completed',
      origin: 'cloud_api',
      has_media: false,
      statuses,
    },
  }
  return inConversation(message, given)
}

function inConversation(message: unknown, given: Given): unknown {
  return { message, conversation: conversation(given), is_new_conversation: false, ...atNumber }
}

function conversation({ id, nowMs }: Given): Record<string, unknown> {
  return {
    id: 'conv_9',
    phone_number: `+${person.waId}`,
    business_scoped_user_id: person.userId,
    status: 'active',
    last_active_at: timeOf(nowMs),
    created_at: timeOf(nowMs - 86_400_000),
    updated_at: timeOf(nowMs),
    metadata: {},
    ...atNumber,
    kapso: {
      contact_name: person.name,
      messages_count: 3,
      last_message_id: wamid(id),
      last_inbound_at: timeOf(nowMs),
      last_outbound_at: null,
    },
  }
}

function contact({ nowMs }: Given): Record<string, unknown> {
  return {
    id: 'contact_9',
    wa_id: person.waId,
    profile_name: person.name,
    display_name: person.name,
    created_at: timeOf(nowMs - 86_400_000),
    updated_at: timeOf(nowMs),
  }
}

function execution(status: string, { id, nowMs }: Given): Record<string, unknown> {
  return {
    event: `workflow.execution.${status}`,
    occurred_at: timeOf(nowMs),
    project_id: 'prj_orchard',
    workflow_id: 'wf_harvest',
    workflow_execution_id: `run_${id}`,
    status,
    tracking_id: null,
    channel: 'whatsapp',
    whatsapp_conversation_id: 'conv_9',
  }
}

function timeOf(ms: number): string {
  return new Date(ms).toISOString()
}
