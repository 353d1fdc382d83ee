import { createHmac } from 'node:crypto'
import { jsonSamples, type Sender } from './sender.ts'

/**
 * OpenClaw tells of its agents through a hook that the operator installs. The hook signs nothing, or shows its token; a
 * hook that signs does it over the raw body, as here. Model usage comes from the diagnostics, which know no run.
 * https://docs.openclaw.ai/automation/hooks
 */
export const openclaw: Sender = {
  kind: 'openclaw',
  title: 'OpenClaw',
  ...jsonSamples('OpenClaw', {
    start: ({ id, nowMs }) => ({
      ...run(id, 'start', nowMs),
      eventType: 'lifecycle:start',
      prompt: 'Water the seedlings twice a day, and tell me when it is done.',
    }),
    progress: ({ id, nowMs }) => ({
      ...run(id, 'progress', nowMs + 2_000),
      eventType: 'tool:start',
      message: '🔧 Using tool: exec',
    }),
    document: ({ id, nowMs }) => ({
      ...run(id, 'document', nowMs + 5_000),
      eventType: 'tool:write',
      document: {
        title: 'watering-plan.md',
        content: '# Watering plan\n\n- 07:00, ten minutes\n- 19:00, ten minutes\n',
        type: 'markdown',
        path: 'plans/watering-plan.md',
      },
    }),
    usage: ({ id, nowMs }) => ({
      ...run(id, 'usage', nowMs + 6_000),
      seq: 7,
      usage: { inputTokens: 1200, outputTokens: 340, totalTokens: 1540, model: 'claude-sonnet-4', cost: 0.0087 },
    }),
    end: ({ id, nowMs }) => ({
      ...run(id, 'end', nowMs + 9_000),
      eventType: 'lifecycle:end',
      response: 'The plan is in place. Shall I order more seeds as well?',
      usage: { inputTokens: 1200, outputTokens: 340, totalTokens: 1540, model: 'claude-sonnet-4', cost: 0.0087 },
    }),
    error: ({ id, nowMs }) => ({
      ...run(id, 'error', nowMs + 9_000),
      eventType: 'lifecycle:error',
      error: 'The model did not answer within 120 seconds.',
    }),
    'model.usage': ({ id, nowMs }) => modelUsage(id, nowMs + 6_000),
  }),
  sign: ({ body, secret }) => ({
    'content-type': 'application/json',
    'x-openclaw-signature': `sha256=${createHmac('sha256', secret).update(body).digest('hex')}`,
  }),
  query: ({ secret }) => `t=${encodeURIComponent(secret)}`,
}

const session = { sessionKey: 'agent:main:main', agentId: 'gardener' }

function run(id: string, action: string, atMs: number) {
  const timestamp = new Date(atMs).toISOString()
  return { runId: id, action, ...session, projectId: 'proj_orchard', source: 'Telegram', timestamp }
}

function modelUsage(id: string, ts: number) {
  return {
    type: 'model.usage',
    ts,
    seq: 118,
    sessionId: id,
    ...session,
    channel: 'telegram',
    provider: 'anthropic',
    model: 'claude-sonnet-4',
    usage: { input: 1200, output: 340, cacheRead: 800, cacheWrite: 0, promptTokens: 2000, total: 2340 },
    lastCallUsage: { input: 300, output: 90, cacheRead: 200, cacheWrite: 0, total: 590 },
    context: { limit: 200_000, used: 2340 },
    costUsd: 0.0087,
    durationMs: 4210,
  }
}
