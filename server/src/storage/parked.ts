import { type Kysely, type SelectQueryBuilder, sql } from 'kysely'
import type { Page } from '../base/page.ts'
import type { FollowerReads, FollowerStore, ParkedFilter } from '../events/follow/follower-store.ts'
import type { HandlingCause, ParkedEvent, ParkedState } from '../events/follow/parked.ts'
import { typeRange } from './rows.ts'
import type { ParkedRow, Tables } from './tables.ts'

const unfinished = ['retrying', 'waiting'] as const

type ParkedQuery = SelectQueryBuilder<Tables, 'parked', object>

/** Events beside a cursor, as they are read, on both engines. */
export function parkedReads(db: Kysely<Tables>): FollowerReads {
  return {
    async placeOf(name) {
      const row = await db.selectFrom('followers').select('cursor').where('name', '=', name).executeTakeFirst()
      return row?.cursor ?? 0
    },
    async readParked(workspaceId, follower, eventId) {
      const row = await db
        .selectFrom('parked')
        .selectAll()
        .where('event_id', '=', eventId)
        .where('follower', '=', follower)
        .where('workspace_id', '=', workspaceId)
        .executeTakeFirst()
      return row && toParked(row)
    },
    async listParked(workspaceId, filter, page) {
      const query = fitting(db.selectFrom('parked'), workspaceId, filter)
      return (
        await beyond(query, '<', page).orderBy('seq', 'desc').orderBy('follower', 'desc').selectAll().execute()
      ).map(toParked)
    },
    async parkedAfter(workspaceId, filter, page) {
      const query = fitting(db.selectFrom('parked'), workspaceId, filter)
      return (await beyond(query, '>', page).orderBy('seq').orderBy('follower').selectAll().execute()).map(toParked)
    },
    async countWaiting({ follower, workspaceId, subject, seq }) {
      if (subject === null) return 0
      const row = await db
        .selectFrom('parked')
        .select((eb) => eb.fn.countAll<number>().as('count'))
        .where('follower', '=', follower)
        .where('workspace_id', '=', workspaceId)
        .where('subject', '=', subject)
        .where('state', 'in', unfinished)
        .where('seq', '>', seq)
        .executeTakeFirst()
      return Number(row?.count ?? 0)
    },
    async countParked(limit) {
      const parked = db.selectFrom('parked').select('seq').where('state', '=', 'parked').limit(limit).as('some')
      const row = await db
        .selectFrom(parked)
        .select((eb) => eb.fn.countAll<number>().as('count'))
        .executeTakeFirst()
      return Number(row?.count ?? 0)
    },
  }
}

type ParkedWrites = Omit<FollowerStore, 'take' | 'move' | 'hold'>

/** Events beside a cursor, inside a transaction, on both engines. */
export function parkedStore(db: Kysely<Tables>): ParkedWrites {
  return {
    ...parkedReads(db),
    async queueEnds(name, queues) {
      if (queues.length === 0) return []
      const asked = sql.join(queues.map(({ workspaceId, subject }) => sql`(${workspaceId}, ${subject})`))
      const { rows } = await sql<{ workspaceId: string; subject: string; state: ParkedState; dueAt: number }>`
        WITH asked (workspace_id, subject) AS (VALUES ${asked})
        SELECT asked.workspace_id AS "workspaceId", asked.subject AS "subject", parked.state AS "state", parked.due_at AS "dueAt"
        FROM asked JOIN parked ON parked.follower = ${name} AND parked.seq = (
          SELECT p.seq FROM parked p WHERE p.follower = ${name} AND p.workspace_id = asked.workspace_id
            AND p.subject = asked.subject AND p.state IN ('retrying', 'waiting') ORDER BY p.seq DESC LIMIT 1)`.execute(
        db,
      )
      return rows
    },
    async park(events) {
      if (events.length === 0) return
      await db
        .insertInto('parked')
        .values(events.map(fromParked))
        .onConflict((conflict) => conflict.doNothing())
        .execute()
    },
    async due(name, now, limit) {
      const rows = await db
        .selectFrom('parked')
        .selectAll()
        .where('follower', '=', name)
        .where('state', 'in', unfinished)
        .where('due_at', '<=', now)
        .orderBy('due_at')
        .orderBy('seq')
        .limit(limit)
        .execute()
      return rows.map(toParked)
    },
    async keep(event) {
      const { follower, seq, ...row } = fromParked(event)
      await db.updateTable('parked').set(row).where('follower', '=', follower).where('seq', '=', seq).execute()
    },
    async forget(name, seqs) {
      if (seqs.length === 0) return
      await db.deleteFrom('parked').where('follower', '=', name).where('seq', 'in', seqs).execute()
    },
    async queueUp(name, { workspaceId, subject }, dueAt, afterGap, now) {
      const result = await db
        .updateTable('parked')
        .set({ due_at: dueAt, updated_at: now, ...(afterGap === null ? {} : { after_gap: afterGap }) })
        .where('follower', '=', name)
        .where('workspace_id', '=', workspaceId)
        .where('subject', '=', subject)
        .where('state', '=', 'waiting')
        .executeTakeFirst()
      return Number(result.numUpdatedRows)
    },
  }
}

function fitting(from: ParkedQuery, workspaceId: string, filter: ParkedFilter): ParkedQuery {
  const { follower, state, cause, eventType, subject, customer, from: begin, to } = filter
  let query = from.where('workspace_id', '=', workspaceId)
  if (follower !== undefined) query = query.where('follower', '=', follower)
  if (state !== undefined) query = query.where('state', '=', state)
  if (cause !== undefined) query = query.where('cause', '=', cause)
  if (subject !== undefined) query = query.where('subject', '=', subject)
  if (customer !== undefined)
    query = query.where(({ exists, selectFrom }) =>
      exists(
        selectFrom('events')
          .select('events.seq')
          .whereRef('events.seq', '=', 'parked.seq')
          .where('events.workspace_id', '=', workspaceId)
          .where('events.customer', '=', customer),
      ),
    )
  const range = eventType === undefined ? undefined : typeRange(eventType)
  if (range) query = query.where('event_type', '>=', range.from).where('event_type', '<', range.below)
  else if (eventType !== undefined) query = query.where('event_type', '=', eventType)
  if (begin !== undefined) query = query.where('created_at', '>=', begin)
  if (to !== undefined) query = query.where('created_at', '<', to)
  return query
}

/** Those on the far side of the position `seq.follower`. */
function beyond(query: ParkedQuery, side: '<' | '>', { after, limit }: Page): ParkedQuery {
  if (after === null) return query.limit(limit)
  const dot = after.indexOf('.')
  const seq = Number(after.slice(0, dot))
  const follower = after.slice(dot + 1)
  return query
    .where((eb) => eb.or([eb('seq', side, seq), eb.and([eb('seq', '=', seq), eb('follower', side, follower)])]))
    .limit(limit)
}

/** How long after its failure a version before made a row due: what its rows tell of their time. */
const formerPauseMs = 60_000

function toParked(row: ParkedRow): ParkedEvent {
  const createdAt = row.created_at ?? row.due_at - formerPauseMs
  return {
    follower: row.follower,
    seq: row.seq,
    eventId: row.event_id,
    workspaceId: row.workspace_id,
    subject: row.subject,
    eventType: row.event_type,
    state: row.state as ParkedState,
    cause: row.cause as HandlingCause | null,
    error: row.error,
    attempts: row.attempts,
    dueAt: row.due_at,
    afterGap: row.after_gap,
    createdAt,
    updatedAt: row.updated_at ?? createdAt,
    endedAt: row.ended_at,
  }
}

function fromParked(event: ParkedEvent) {
  return {
    follower: event.follower,
    seq: event.seq,
    event_id: event.eventId,
    workspace_id: event.workspaceId,
    subject: event.subject,
    error: event.error,
    attempts: event.attempts,
    due_at: event.dueAt,
    state: event.state,
    cause: event.cause,
    event_type: event.eventType,
    after_gap: event.afterGap,
    created_at: event.createdAt,
    updated_at: event.updatedAt,
    ended_at: event.endedAt,
  }
}
