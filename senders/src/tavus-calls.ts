/**
 * What comes of a conversation while it runs. Tavus tells it to the browser alone, which relays it, or calls a tool's
 * address. `updated`, `ended`, `tool_called`, `message` and a result with `result` stand in no page of Tavus: they are
 * what relays of one's own send.
 * https://docs.tavus.io/sections/event-schemas/conversation-toolcall
 */
export const tavusCalls = {
  'conversation.tool_call': ({ id }: Wanted) =>
    relayed(id, 'conversation.tool_call', 42, {
      name: 'fetch_video',
      arguments: argumentsText,
      tool_call_id: callId(id),
    }),
  'conversation.perception_tool_call': ({ id }: Wanted) =>
    relayed(id, 'conversation.perception_tool_call', 43, {
      name: 'note_expression',
      modality: 'vision',
      arguments: { expression: 'smile' },
      tool_call_id: `${callId(id)}_seen`,
    }),
  'conversation.tool_called': ({ id, nowMs }: Wanted) => ({
    event_type: 'conversation.tool_called',
    conversation_id: id,
    persona_id: 'p_orchard',
    tool_call: { id: callId(id), type: 'function', function: { name: 'fetch_video', arguments: argumentsText } },
    timestamp: new Date(nowMs).toISOString(),
    context: { user_message: 'Show me the overview.', conversation_turn: 5 },
  }),
  /** A tool that is delivered by API: no type of event, and its answer goes back into the conversation. */
  'api.tool_call': ({ id }: Wanted) => ({
    tool_call_id: callId(id),
    name: 'fetch_video',
    arguments: argumentsText,
    conversation_id: id,
  }),
  'conversation.tool_result': ({ id }: Wanted) => ({
    event_type: 'conversation.tool_result',
    conversation_id: id,
    tool_call_id: callId(id),
    result: { success: true, video_id: 'v_overview', video_url: 'https://videos.example/overview', duration: 120 },
    execution_time_ms: 250,
  }),
  /** The same as the browser sends it to Tavus. */
  'relay.tool_result': ({ id }: Wanted) => ({
    message_type: 'conversation',
    event_type: 'conversation.tool_result',
    conversation_id: id,
    properties: { tool_call_id: callId(id), output: 'The overview is playing.', status: 'success' },
  }),
  'conversation.message': ({ id, nowMs }: Wanted) => ({
    event_type: 'conversation.message',
    conversation_id: id,
    message: {
      id: `m_${id}`,
      role: 'user',
      content: 'What does a crate of pears cost?',
      timestamp: new Date(nowMs).toISOString(),
    },
    metadata: { sentiment: 'neutral', intent: 'pricing_inquiry', confidence: 0.85 },
  }),
  'conversation.utterance': ({ id }: Wanted) =>
    relayed(id, 'conversation.utterance', 44, { role: 'user', speech: 'Show me the overview.' }),
  'conversation.objective.activated': ({ id }: Wanted) =>
    relayed(id, 'conversation.objective.activated', 45, { objective_name: 'ask_for_the_harvest' }),
  'conversation.objective.pending': ({ id }: Wanted) =>
    relayed(id, 'conversation.objective.pending', 46, { objective_name: 'ask_for_the_harvest' }),
  'conversation.updated': ({ id, nowMs }: Wanted) => ({
    event_type: 'conversation.updated',
    conversation_id: id,
    persona_id: 'p_orchard',
    status: 'active',
    participant_count: 2,
    created_at: new Date(nowMs - 300_000).toISOString(),
    updated_at: new Date(nowMs).toISOString(),
    metadata: { demo_id: 'demo_orchard', user_id: 'user_marta' },
  }),
  'conversation.ended': ({ id, nowMs }: Wanted) => ({
    event_type: 'conversation.ended',
    conversation_id: id,
    persona_id: 'p_orchard',
    duration_seconds: 300,
    end_reason: 'user_left',
    ended_at: new Date(nowMs).toISOString(),
    analytics: { total_messages: 15, user_messages: 8, agent_messages: 7, tool_calls: 3 },
  }),
}

interface Wanted {
  id: string
  nowMs: number
}

/** Arguments are JSON inside of a text, as language models write them. */
const argumentsText = '{"video_title":"Overview"}'

const callId = (id: string) => `call_${id}`

function relayed(id: string, eventType: string, seq: number, properties: object) {
  return {
    message_type: 'conversation',
    event_type: eventType,
    conversation_id: id,
    inference_id: `inf_${id}`,
    seq,
    turn_idx: 5,
    properties,
  }
}
