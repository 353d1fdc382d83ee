import type { Event } from '../event.ts'
import type { Place } from './follower.ts'
import { type HandlingCause, nextTry, type ParkedEvent } from './parked.ts'

/** Why handling an event came to nothing. */
export interface Fault {
  cause: HandlingCause
  error: string
}

/** An event that could not be handled, as the log tells it: without what is in it. */
export interface Failure extends Fault {
  eventId: string
  sourceId: string | null
  type: string | null
  subject: string | null
  attempt: number
  /** When it is tried again; undefined when it is parked for good. */
  nextTryAt?: number
  /** How many later events of its subject go on without it, now that it is parked. */
  released?: number
}

export function failureOf(row: ParkedEvent, sourceId: string | null): Failure {
  return {
    eventId: row.eventId,
    sourceId,
    type: row.eventType,
    subject: row.subject,
    attempt: row.attempts,
    cause: row.cause ?? 'HANDLER_THREW',
    error: row.error,
    ...(row.state === 'retrying' ? { nextTryAt: row.dueAt } : {}),
  }
}

/** The row of an event that waits behind another of its subject, or for a closer look. */
export function waiting(event: Event, dueAt: number, { follower, now }: Place): ParkedEvent {
  return {
    follower,
    seq: event.seq,
    eventId: event.id,
    workspaceId: event.workspaceId,
    subject: event.subject,
    eventType: event.type,
    state: 'waiting',
    cause: null,
    error: '',
    attempts: 0,
    dueAt,
    afterGap: null,
    createdAt: now,
    updatedAt: now,
    endedAt: null,
  }
}

/** The row of an event that has failed once more: it is tried again, or its time is up and it stays parked. */
export function failed(row: ParkedEvent, { cause, error }: Fault, now: number): ParkedEvent {
  const attempts = row.attempts + 1
  const dueAt = cause === 'EVENT_GONE' ? undefined : nextTry(attempts, row.createdAt, now)
  const state = dueAt === undefined ? 'parked' : 'retrying'
  return { ...row, state, cause, error, attempts, dueAt: dueAt ?? now, updatedAt: now }
}
