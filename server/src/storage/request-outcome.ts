import { type Kysely, sql } from 'kysely'
import type { MadeEvent, RequestReads } from '../events/request-store.ts'
import { dayOf } from './days.ts'
import { stateNumber } from './delivery-rows.ts'
import { timesIn } from './repeat-times.ts'
import type { Tables } from './tables.ts'

/** Events of one request that are shown; a batch may hold thousands. */
const mostEvents = 100
/** Deliveries of which the attempts are looked at. */
const mostDeliveries = 200

/** What became of a request: its events, and how far their deliveries have come. */
export function requestOutcome(db: Kysely<Tables>): RequestReads['outcome'] {
  return async (workspaceId, { id }, follower) => {
    // Events carry the time of their request.
    const day = dayOf('request', id)
    const made = db
      .selectFrom('events')
      .where('request_id', '=', id)
      .where('received_at', '>=', day.from)
      .where('received_at', '<', day.to)
    const all = await made.select((eb) => eb.fn.countAll<number>().as('count')).executeTakeFirst()
    const events = await made
      .select(['seq', 'id', 'type', 'subject', 'customer'])
      .where('workspace_id', '=', workspaceId)
      .orderBy('seq')
      .limit(mostEvents)
      .execute()
    const eventIds = events.map((event) => event.id)
    const place = await db.selectFrom('followers').select('cursor').where('name', '=', follower).executeTakeFirst()
    const states = await statesOf(db, workspaceId, eventIds)
    return {
      eventCount: Number(all?.count ?? 0),
      events: events.map(({ seq, ...event }) => ({
        ...event,
        isFannedOut: seq <= (place?.cursor ?? 0),
        deliveries: countsOf(states.filter((each) => each.event_id === event.id)),
      })),
      fannedOutAt: earliest(states.map((each) => each.first_made_at)),
      firstSuccessAt: earliest(states.map((each) => (each.status === success ? each.first_ended_at : null))),
      firstAttemptAt: await firstAttempt(db, workspaceId, eventIds, day.from),
    }
  }
}

const success = stateNumber('success')

async function statesOf(db: Kysely<Tables>, workspaceId: string, eventIds: readonly string[]) {
  if (eventIds.length === 0) return []
  return db
    .selectFrom('deliveries')
    .select(['event_id', 'status'])
    .select((eb) => [
      eb.fn.countAll<number>().as('count'),
      eb.fn.min('created_at').as('first_made_at'),
      eb.fn.min('ended_at').as('first_ended_at'),
    ])
    .where('event_id', 'in', eventIds)
    .where('workspace_id', '=', workspaceId)
    .groupBy(['event_id', 'status'])
    .execute()
}

function countsOf(states: readonly { status: number; count: number }[]): MadeEvent['deliveries'] {
  const count = (status: Parameters<typeof stateNumber>[0]) =>
    Number(states.find((each) => each.status === stateNumber(status))?.count ?? 0)
  return { pending: count('pending'), waiting: count('waiting'), success: count('success'), failed: count('failed') }
}

async function firstAttempt(
  db: Kysely<Tables>,
  workspaceId: string,
  eventIds: readonly string[],
  since: number,
): Promise<number | null> {
  if (eventIds.length === 0) return null
  const tried = db
    .selectFrom('deliveries')
    .select('id')
    .where('event_id', 'in', eventIds)
    .where('attempts', '>', 0)
    .orderBy('id')
    .limit(mostDeliveries)
  const row = await db
    .selectFrom('attempts')
    .select((eb) => eb.fn.min('started_at').as('first'))
    .where('delivery_id', 'in', tried)
    .where('workspace_id', '=', workspaceId)
    .where('started_at', '>=', since)
    .executeTakeFirst()
  return row?.first ?? null
}

function earliest(times: readonly (number | null)[]): number | null {
  const known = times.filter((each) => each !== null)
  return known.length === 0 ? null : Math.min(...known)
}

/**
 * How often a request's events came again. Its keys are found without an index of their own: they end exactly one window
 * after it was received, and by their end they are indexed.
 */
export function requestRepeats(db: Kysely<Tables>): RequestReads['repeats'] {
  return async ({ id, receivedAt }, dedupeWindowMs) => {
    // The keys of a batch count alike, unless an event of it came again alone.
    const key = await db
      .selectFrom('dedupe_keys')
      .select(['repeats', 'first_repeated_at', 'repeated_at', 'repeat_times'])
      .where('expires_at', '=', receivedAt + dedupeWindowMs)
      .where('request_id', '=', id)
      .orderBy(sql`repeats DESC`)
      .limit(1)
      .executeTakeFirst()
    if (!key) return undefined
    // A version that kept no times leaves those of an earlier window.
    if (key.repeats === 0) return { count: 0, firstAt: null, lastAt: null, times: [] }
    return {
      count: Number(key.repeats),
      firstAt: key.first_repeated_at,
      lastAt: key.repeated_at,
      times: timesIn(key.repeat_times),
    }
  }
}
