import { z } from 'zod'
import { ownTypePrefix } from './event.ts'
import type { EventTypeEntry } from './event-type.ts'

const id = z.string()
/** Which settings were changed; to what is not told, because some are secrets. */
const changed = z.array(z.string())

const eventCustomer = z.string().nullable().meta({ description: 'The customer of the event; null for none.' })

/** Jobs that change many deliveries: their start and their end are told. */
export const toldJobKinds = ['replay', 'cancel-deliveries', 'clean-deliveries'] as const

/** The server's news about itself. An endpoint gets them only when it names them: `**` leaves them out. */
export const ownEventTypes: readonly EventTypeEntry[] = [
  own('source.created', 'A source was made.', { id, kind: z.string(), name: z.string() }),
  own('source.updated', 'A source was changed.', { id, changed }),
  own('source.deleted', 'A source was deleted; what it received stays in the log.', { id }),
  own('endpoint.created', 'An endpoint was made.', { id, eventTypes: z.array(z.string()) }),
  own('endpoint.updated', 'An endpoint was changed.', { id, changed }),
  own('endpoint.secret_rotated', 'An endpoint got a new signing secret, or the end of its former ones was changed.', {
    id,
    formerSignUntil: z
      .string()
      .nullable()
      .meta({ description: 'Until when deliveries are signed with a former secret too; null when none is.' }),
  }),
  own('ping', 'An endpoint is asked whether it is there. It goes to that endpoint alone.', { endpointId: z.string() }),
  own('test', 'An endpoint is tried out. It goes to that endpoint alone.', {
    isTest: z.literal(true),
    endpointId: z.string(),
  }),
  own('endpoint.deleted', 'An endpoint was deleted; its unfinished deliveries end.', { id }),
  own('delivery.expired', 'A delivery was unfinished for 30 days and ended.', {
    id,
    endpointId: z.string(),
    eventId: z.string(),
    eventType: z.string(),
    customer: eventCustomer,
    attempts: z.number(),
    createdAt: z.string(),
  }),
  own('delivery.skipped', 'A delivery of an ordered endpoint was passed over, so that what waited behind it went on.', {
    id,
    endpointId: z.string(),
    eventId: z.string(),
    eventType: z.string(),
    customer: eventCustomer,
    attempts: z.number(),
    reason: z
      .enum(['request', 'age'])
      .meta({ description: 'Whether somebody asked for it, or it had stood in the way too long.' }),
  }),
  own(
    'endpoint.disabled',
    'An endpoint was disabled, because its receiver wants nothing any more, or failed for five days.',
    {
      id,
      url: z.string(),
      reason: z.string(),
    },
  ),
  own('endpoint.failing', 'Most attempts at an endpoint fail. It is called by single probes until one succeeds.', {
    id,
    url: z.string(),
    attempts: z.number().meta({ description: 'In the last five minutes.' }),
    failed: z.number(),
    nextAttemptAt: z.string(),
  }),
  own('endpoint.recovered', 'An endpoint that was called by single probes has answered one, and gets its queue.', {
    id,
    url: z.string(),
    failingSince: z.string(),
  }),
  own('delivery.exhausted', 'The last attempt at a delivery failed, so it has failed for good.', {
    id: z.string().meta({ description: 'To read it and to retry it.' }),
    endpointId: z.string(),
    eventId: z.string(),
    eventType: z.string(),
    customer: eventCustomer,
    attempts: z.number(),
    cause: z.string().nullable(),
    createdAt: z.string(),
  }),
  own('job.started', 'Somebody began to send deliveries again, to cancel or to clean them.', {
    id,
    kind: z.enum(toldJobKinds),
    startedBy: z.string().meta({ description: 'The id of the key.' }),
    args: z.record(z.string(), z.unknown()).meta({ description: 'Which deliveries are meant.' }),
    count: z.number().nullable().meta({ description: 'How many were counted beforehand.' }),
    perSecond: z.number().nullable(),
  }),
  own('job.ended', 'Such a job has come to its end, or was cancelled half way.', {
    id,
    kind: z.enum(toldJobKinds),
    status: z.enum(['done', 'cancelled']),
    counts: z.record(z.string(), z.number()).meta({ description: 'What became of the deliveries.' }),
  }),
  own('event-type.registered', 'A type of event was described.', { type: z.string() }),
  own('event-type.updated', 'The description, schema or check of a type of event was changed.', { type: z.string() }),
  own('event-type.deleted', 'What was registered of a type of event was deleted; its events stay.', {
    type: z.string(),
  }),
  own('event.parked', 'An event could not be handled, and is not tried again by itself.', {
    id: z.string().meta({ description: 'To read it and to have it handled again.' }),
    eventId: z.string(),
    follower: z.string(),
    eventType: z.string().nullable(),
    cause: z.string().nullable(),
    attempts: z.number(),
  }),
]

function own(type: string, description: string, data: z.core.$ZodLooseShape): EventTypeEntry {
  return { type: ownTypePrefix + type, description, data: z.object(data) }
}
