import { z } from 'zod'
import type { EventTypeEntry } from '../../source.ts'

const usage = z.looseObject({
  inputTokens: z.number().optional(),
  outputTokens: z.number().optional(),
  totalTokens: z.number().optional(),
  model: z.string().optional(),
  /** US dollars. */
  cost: z.number().optional(),
})

const session = {
  sessionKey: z.string().nullish(),
  agentId: z.string().nullish(),
  projectId: z.string().nullish(),
  /** Where the agent was asked: Telegram, Discord, Slack, WhatsApp, SMS, Email, webchat. */
  source: z.string().nullish(),
  timestamp: z.string().nullish(),
  eventType: z.string().nullish(),
  /** Rises with each event of a run. */
  seq: z.int().optional(),
}

/** What each action of the hook is called, and what it brings beside what all bring. */
const actions = {
  start: {
    type: 'agent.run.started',
    description: 'An agent began a run.',
    brings: { prompt: z.string().nullish() },
  },
  progress: {
    type: 'agent.run.progressed',
    description: 'An agent said what it is doing, or used a tool.',
    brings: { message: z.string().nullish() },
  },
  end: {
    type: 'agent.run.ended',
    description: 'An agent finished a run.',
    brings: { response: z.string().nullish(), usage: usage.optional() },
  },
  error: {
    type: 'agent.run.failed',
    description: 'A run ended in an error.',
    brings: { error: z.string().nullish() },
  },
  document: {
    type: 'agent.document.created',
    description: 'An agent wrote a document.',
    brings: {
      document: z.looseObject({
        title: z.string(),
        content: z.string(),
        /** markdown, code, image, note, media, document or text. */
        type: z.string(),
        path: z.string().optional(),
      }),
    },
  },
}

const reported = z.looseObject({ action: z.literal('usage'), runId: z.string().optional(), ...session, usage })

const diagnosed = z.looseObject({
  type: z.literal('model.usage'),
  ts: z.number().optional(),
  seq: z.int().optional(),
  sessionKey: z.string().optional(),
  sessionId: z.string().optional(),
  channel: z.string().optional(),
  agentId: z.string().optional(),
  provider: z.string().optional(),
  model: z.string().optional(),
  usage: z.looseObject({
    input: z.number().optional(),
    output: z.number().optional(),
    cacheRead: z.number().optional(),
    cacheWrite: z.number().optional(),
    promptTokens: z.number().optional(),
    total: z.number().optional(),
  }),
  costUsd: z.number().optional(),
  durationMs: z.number().optional(),
})

/** The type of the event that an action becomes. */
export const typeOfAction: ReadonlyMap<string, string> = new Map(
  Object.entries(actions).map(([action, { type }]) => [action, type]),
)

export const eventTypes: readonly EventTypeEntry[] = [
  ...Object.entries(actions).map(([action, { type, description, brings }]) => ({
    type,
    description,
    data: z.looseObject({ runId: z.string(), action: z.literal(action), ...session, ...brings }),
  })),
  {
    type: 'agent.usage.reported',
    description: 'What a model was used for a run or a session: tokens and cost.',
    data: z.union([reported, diagnosed]),
  },
  {
    type: 'openclaw.malformed',
    description: 'A hook posted JSON without the id of a run or without an action; it is kept as it came.',
  },
]
