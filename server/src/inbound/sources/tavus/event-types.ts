import { type ZodType, z } from 'zod'
import type { EventTypeEntry } from '../../source.ts'

/** What a callback has beside its properties. */
const frame = {
  event_type: z.string(),
  conversation_id: z.string(),
  message_type: z.string().optional(),
  /** What Tavus posted to; a source leaves it out. */
  webhook_url: z.string().nullish(),
  timestamp: z.union([z.string(), z.number()]).optional(),
  seq: z.int().optional(),
  turn_idx: z.int().optional(),
  inference_id: z.string().nullish(),
}

/** A callback or an app message with these properties; Tavus adds to them now and then. */
function withProperties(properties: Record<string, ZodType> = {}) {
  return z.looseObject({ ...frame, properties: z.looseObject(properties) })
}

/** A JSON text as language models write it, or what it says. */
const callArguments = z.union([z.string(), z.looseObject({})])

const objective = withProperties({
  objective_name: z.string(),
  output_variables: z.looseObject({}).optional(),
})

const types: readonly (EventTypeEntry & { names: readonly string[] })[] = [
  {
    type: 'tavus.conversation.started',
    names: ['system.replica_joined', 'system.pal_joined'],
    description: 'The avatar is ready in its conversation. Tavus tells it under two names; this is one event.',
    data: withProperties({ replica_id: z.string().optional(), face_id: z.string().optional() }),
  },
  {
    type: 'tavus.conversation.updated',
    names: ['conversation.updated'],
    description: 'A conversation’s state changed, as a relay of yours tells it.',
    data: z.looseObject({
      ...frame,
      persona_id: z.string().optional(),
      status: z.string().optional(),
      participant_count: z.int().optional(),
      created_at: z.string().optional(),
      updated_at: z.string().optional(),
      metadata: z.looseObject({}).optional(),
    }),
  },
  {
    type: 'tavus.conversation.ended',
    names: ['system.shutdown', 'conversation.ended'],
    description: 'The room of a conversation was shut down, and why.',
    data: z.union([
      withProperties({ shutdown_reason: z.string() }),
      z.looseObject({
        ...frame,
        persona_id: z.string().optional(),
        duration_seconds: z.number().optional(),
        end_reason: z.string().optional(),
        ended_at: z.string().optional(),
        analytics: z.looseObject({}).optional(),
      }),
    ]),
  },
  {
    type: 'tavus.transcription.ready',
    names: ['application.transcription_ready'],
    description: 'The transcript of an ended conversation.',
    data: withProperties({
      transcript: z.array(
        z.looseObject({
          /** system, user or assistant. */
          role: z.string(),
          content: z.string(),
          timestamp: z.union([z.string(), z.number()]).nullish(),
          seconds_from_start: z.number().nullish(),
          duration: z.number().nullish(),
        }),
      ),
    }),
  },
  {
    type: 'tavus.recording.ready',
    names: ['application.recording_ready'],
    description: 'The recording of a conversation is in the bucket.',
    data: withProperties({
      bucket_name: z.string().optional(),
      s3_key: z.string().optional(),
      duration: z.number().optional(),
      storage_provider: z.string().optional(),
      storage_uri: z.string().optional(),
    }),
  },
  {
    type: 'tavus.recording.failed',
    names: ['application.recording_copy_failed'],
    description: 'The recording could not be copied into the bucket.',
    data: withProperties({ error_message: z.string().optional() }),
  },
  {
    type: 'tavus.perception.ready',
    names: ['application.perception_analysis', 'conversation.perception_analysis'],
    description: 'What the avatar saw and heard in a conversation, in words.',
    data: withProperties({ analysis: z.unknown().optional() }),
  },
  {
    type: 'tavus.perception.unavailable',
    names: ['application.perception_unavailable'],
    description: 'There is no analysis of what the avatar saw.',
    data: withProperties(),
  },
  {
    type: 'tavus.post_call_action.executed',
    names: ['application.post_call_action_executed'],
    description: 'An action that was set up for the end of a conversation was done.',
    data: withProperties(),
  },
  {
    type: 'tavus.memory.consolidated',
    names: ['application.memory_consolidation'],
    description: 'What is to be remembered of a conversation was stored at Tavus.',
    data: withProperties(),
  },
  {
    type: 'tavus.objective.completed',
    names: ['application.objective_completed', 'objective_completed', 'conversation.objective.completed'],
    description: 'An objective of a conversation was reached, with what was found out.',
    data: objective,
  },
  {
    type: 'tavus.objective.activated',
    names: ['conversation.objective.activated'],
    description: 'The avatar began to work towards an objective (relayed).',
    data: objective,
  },
  {
    type: 'tavus.objective.pending',
    names: ['conversation.objective.pending'],
    description: 'An objective waits (relayed).',
    data: objective,
  },
  {
    type: 'tavus.tool_call',
    names: [
      'conversation.tool_call',
      'conversation.perception_tool_call',
      'conversation.tool_called',
      'conversation.toolcall',
    ],
    description: 'The avatar called a tool: by API, or relayed by a browser. One call is one event, however it comes.',
    data: z.union([
      withProperties({
        name: z.string(),
        arguments: callArguments,
        tool_call_id: z.string().optional(),
        modality: z.string().optional(),
      }),
      z.looseObject({
        ...frame,
        tool_call: z.looseObject({
          id: z.string(),
          function: z.looseObject({ name: z.string(), arguments: callArguments }),
        }),
      }),
      z.looseObject({
        tool_call_id: z.string().optional(),
        name: z.string(),
        arguments: callArguments,
        conversation_id: z.string().optional(),
      }),
    ]),
  },
  {
    type: 'tavus.tool_result',
    names: ['conversation.tool_result'],
    description: 'What a tool answered (relayed).',
    data: z.union([
      withProperties({ tool_call_id: z.string(), output: z.unknown(), status: z.string().optional() }),
      z.looseObject({
        ...frame,
        tool_call_id: z.string(),
        result: z.unknown(),
        execution_time_ms: z.number().optional(),
      }),
    ]),
  },
  {
    type: 'tavus.message',
    names: ['conversation.message'],
    description: 'Somebody said or wrote something, as a relay of yours tells it.',
    data: z.looseObject({
      ...frame,
      message: z.looseObject({
        id: z.string().optional(),
        role: z.string(),
        content: z.string(),
        timestamp: z.string().optional(),
      }),
      metadata: z.looseObject({}).optional(),
    }),
  },
  {
    type: 'tavus.utterance',
    names: ['conversation.utterance'],
    description: 'The user or the avatar finished saying something (relayed).',
    data: withProperties({ role: z.string(), speech: z.string() }),
  },
  {
    type: 'tavus.unknown',
    names: [],
    description: 'JSON that is no callback, no app message and no call of a tool; it is kept as it came.',
  },
]

/** The type of the event that each name of Tavus becomes; another name stands in the type as it is. */
export const typeOfEvent: ReadonlyMap<string, string> = new Map(
  types.flatMap(({ type, names }) => names.map((name): [string, string] => [name, type])),
)

export const eventTypes: readonly EventTypeEntry[] = types.map(({ names: _, ...entry }) => entry)
