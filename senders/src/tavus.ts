import { createHmac } from 'node:crypto'
import { jsonSamples, type Sender } from './sender.ts'
import { tavusCalls } from './tavus-calls.ts'

/**
 * Tavus posts its callbacks to an address and signs none of them; a tool that it delivers by API may be signed, over the
 * raw body, in hex without a prefix. Everything is signed here, so that a source that asks for a proof takes it too.
 * https://docs.tavus.io/sections/webhooks-and-callbacks
 * https://docs.tavus.io/sections/conversational-video-interface/pal/llm-tool-auth
 */
export const tavus: Sender = {
  kind: 'tavus',
  title: 'Tavus',
  ...jsonSamples('Tavus', {
    'system.shutdown': callback('system.shutdown', { shutdown_reason: 'participant_left_timeout' }),
    'system.pal_joined': callback('system.pal_joined', { face_id: 'rf4703150052' }),
    'system.replica_joined': callback('system.replica_joined', { replica_id: 'rf4703150052' }),
    'application.transcription_ready': callback('application.transcription_ready', {
      transcript: [
        { role: 'system', content: 'You are the guide of an orchard.' },
        { role: 'user', content: 'Show me the overview.', seconds_from_start: 4.2, duration: 1.6 },
        { role: 'assistant', content: 'Here it is.', seconds_from_start: 6.9, duration: 0.8 },
      ],
    }),
    'application.recording_ready': callback('application.recording_ready', {
      bucket_name: 'orchard-recordings',
      s3_key: 'tavus/c_orchard/recording.mp4',
      duration: 300,
      storage_provider: 's3',
      storage_uri: 's3://orchard-recordings/tavus/c_orchard/recording.mp4',
    }),
    'application.recording_copy_failed': callback('application.recording_copy_failed', {
      error_message: 'The bucket orchard-recordings refused the copy.',
    }),
    'application.perception_analysis': callback('application.perception_analysis', {
      analysis: 'The user smiled at the pears and leaned in when the price was named.',
    }),
    'application.perception_unavailable': callback('application.perception_unavailable', {
      reason: 'The camera was off.',
    }),
    'application.post_call_action_executed': callback('application.post_call_action_executed', {
      name: 'send_summary',
      status: 'success',
    }),
    'application.memory_consolidation': callback('application.memory_consolidation', {}),
    'application.objective_completed': objective('application.objective_completed'),
    objective_completed: objective('objective_completed'),
    'conversation.objective.completed': objective('conversation.objective.completed'),
    ...tavusCalls,
  }),
  sign: ({ body, secret }) => ({
    'content-type': 'application/json',
    'x-tavus-signature': createHmac('sha256', secret).update(body).digest('hex'),
  }),
  query: ({ secret }) => `t=${encodeURIComponent(secret)}`,
}

interface Wanted {
  id: string
  nowMs: number
}

function callback(eventType: string, properties: object) {
  return ({ id, nowMs }: Wanted) => ({
    properties,
    conversation_id: id,
    webhook_url: 'https://hooks.example/api/tavus/webhook',
    event_type: eventType,
    message_type: eventType.startsWith('system.') ? 'system' : 'application',
    timestamp: new Date(nowMs).toISOString(),
  })
}

function objective(eventType: string) {
  return callback(eventType, { objective_name: 'ask_for_the_harvest', output_variables: { tons_of_pears: '12' } })
}
