import { z } from 'zod'

/** An event of a product: what it tells, and data as it may look. */
export interface ProductEvent {
  type: string
  description: string
  /** Loose: who publishes may add fields, and none of these is given another meaning. */
  data: z.ZodObject
  example: Readonly<Record<string, unknown>>
}

const id = z.string().min(1)
const text = z.string()
const maybe = z.string().nullable()
const at = z.string().meta({ format: 'date-time', description: 'ISO 8601.' })
const seconds = z.number().min(0).meta({ description: 'Seconds.' })

const time = '2026-01-15T10:30:00.000Z'
const project = { id: 'p1', name: 'Orchard', description: null }
const agent = { id: 'ag1', name: 'Gardener' }
const subscription = {
  id: 'sub_1',
  tier: 'PRO',
  status: 'ACTIVE',
  currentPeriodEnd: '2026-02-15T10:30:00.000Z',
  cancelAtPeriodEnd: false,
}
const payment = { id: 'in_1', amount: 4900, currency: 'eur', method: 'card', invoiceId: 'in_1' }
const storage = { usedBytes: 9_000_000_000, quotaBytes: 10_000_000_000, percent: 90 }
const user = { id: 'u1', email: 'marta@orchard.example', name: 'Marta König' }

const projectShape = { id, name: text, description: maybe.optional() }
const agentShape = { id, name: text }
const sessionShape = { id, projectId: id }
const subscriptionShape = {
  id,
  tier: maybe,
  status: z.enum(['ACTIVE', 'PAST_DUE', 'CANCELED', 'INCOMPLETE', 'TRIALING']),
  currentPeriodEnd: maybe,
  cancelAtPeriodEnd: z.boolean(),
}
const paymentShape = { id, amount: z.number(), currency: text, method: maybe, invoiceId: text }
const storageShape = { usedBytes: z.number().min(0), quotaBytes: z.number().min(0), percent: z.number().min(0) }
const userShape = { id, email: maybe, name: maybe }

/** What a product that records the sessions of agents tells its users: the 23 events, and the one that is sent as a test. */
export const productEvents: readonly ProductEvent[] = [
  event(
    'project.created',
    'A project was created.',
    { ...projectShape, createdAt: at },
    { ...project, createdAt: time },
  ),
  event(
    'project.updated',
    'A project was changed.',
    { ...projectShape, updatedAt: at },
    { ...project, updatedAt: time },
  ),
  event(
    'project.deleted',
    'A project was deleted.',
    { id, name: text, deletedAt: at },
    { id: 'p1', name: 'Orchard', deletedAt: time },
  ),
  event(
    'session.started',
    'A session began.',
    { ...sessionShape, projectName: text, title: maybe, startedAt: at },
    { id: 's1', projectId: 'p1', projectName: 'Orchard', title: 'Watering plan', startedAt: time },
  ),
  event(
    'session.ended',
    'A session ended.',
    { ...sessionShape, projectName: text, duration: seconds, endedAt: at },
    { id: 's1', projectId: 'p1', projectName: 'Orchard', duration: 1800, endedAt: time },
  ),
  event(
    'session.message',
    'Somebody, or an agent, said something in a session.',
    { sessionId: id, messageId: id, role: text, content: text, createdAt: at },
    { sessionId: 's1', messageId: 'm1', role: 'assistant', content: 'The seedlings are watered.', createdAt: time },
  ),
  event('session.paused', 'A session was paused.', { ...sessionShape, pausedAt: at }, session({ pausedAt: time })),
  event('session.resumed', 'A session went on.', { ...sessionShape, resumedAt: at }, session({ resumedAt: time })),
  event(
    'recording.completed',
    'A recording can be watched.',
    { id, sessionId: id, projectId: id, url: text, thumbnailUrl: maybe, duration: seconds, fileSize: z.number() },
    {
      id: 'r1',
      sessionId: 's1',
      projectId: 'p1',
      url: 'https://media.orchard.example/r1.mp4',
      thumbnailUrl: 'https://media.orchard.example/r1.jpg',
      duration: 1800,
      fileSize: 52_428_800,
    },
  ),
  event(
    'recording.failed',
    'A recording could not be made.',
    { id, sessionId: id, error: text, failedAt: at },
    { id: 'r1', sessionId: 's1', error: 'the upload ended early', failedAt: time },
  ),
  event(
    'agent.connected',
    'An agent came online.',
    { ...agentShape, platform: text, version: text, connectedAt: at },
    { ...agent, platform: 'linux', version: '1.4.0', connectedAt: time },
  ),
  event(
    'agent.disconnected',
    'An agent went offline.',
    { ...agentShape, disconnectedAt: at, reason: maybe.optional() },
    { ...agent, disconnectedAt: time, reason: 'stopped' },
  ),
  event(
    'agent.status_changed',
    'An agent became online, offline or busy.',
    { ...agentShape, previousStatus: text, status: text, changedAt: at },
    { ...agent, previousStatus: 'ONLINE', status: 'BUSY', changedAt: time },
  ),
  event('subscription.created', 'A subscription began.', subscriptionShape, subscription),
  event('subscription.updated', 'A subscription changed.', subscriptionShape, { ...subscription, tier: 'TEAM' }),
  event('subscription.cancelled', 'A subscription ended for good.', subscriptionShape, {
    ...subscription,
    tier: 'FREE',
    status: 'CANCELED',
  }),
  event('payment.succeeded', 'An invoice was paid.', paymentShape, payment),
  event(
    'payment.failed',
    'An invoice could not be paid.',
    { ...paymentShape, failureReason: maybe },
    { ...payment, failureReason: 'card_declined' },
  ),
  event('storage.quota_warning', 'Storage is nearly used up.', storageShape, storage),
  event('storage.quota_exceeded', 'More storage is used than was bought.', storageShape, {
    usedBytes: 10_500_000_000,
    quotaBytes: 10_000_000_000,
    percent: 105,
  }),
  event('user.created', 'A user signed up.', { ...userShape, createdAt: maybe }, { ...user, createdAt: time }),
  event('user.updated', 'A user changed.', { ...userShape, updatedAt: maybe }, { ...user, updatedAt: time }),
  event('user.deleted', 'A user is gone.', { ...userShape, deletedAt: maybe }, { ...user, deletedAt: time }),
  event(
    'webhook.test',
    'Somebody tries out an endpoint.',
    { message: text, timestamp: at.optional() },
    { message: 'This is a test.', timestamp: time },
  ),
]

function session(more: Record<string, unknown>): Record<string, unknown> {
  return { id: 's1', projectId: 'p1', ...more }
}

function event(
  type: string,
  description: string,
  data: z.core.$ZodLooseShape,
  example: Readonly<Record<string, unknown>>,
): ProductEvent {
  return { type, description, data: z.looseObject(data), example }
}

/** The shape of a product event's data as a JSON Schema. */
export function productSchema({ data }: ProductEvent): Record<string, unknown> {
  return { ...z.toJSONSchema(data, { io: 'input' }) }
}
