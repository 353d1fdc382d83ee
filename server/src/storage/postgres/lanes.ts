import type { Kysely } from 'kysely'
import type { LaneHold, LaneStore } from '../../outbound/lane/lane-store.ts'
import { laneStore } from '../lanes.ts'
import type { Tables } from '../tables.ts'
import { integers, texts } from './arrays.ts'
import type { Session } from './session.ts'

/** Lanes on PostgreSQL: fan-out names many at once, while their owners record attempts. */
export function postgresLanes(session: Session, db: Kysely<Tables>): LaneStore {
  const lanes = laneStore(db, { locks: true })
  return {
    ...lanes,
    async held(endpointIds, owner) {
      if (endpointIds.length === 0) return new Map()
      const { rows } = await session.ask<LaneHold & { endpoint_id: string; owner: string | null }>(
        {
          name: 'held-lanes',
          // The owner is compared here: there, one who has a thousand lanes makes the server look at all of his.
          text: 'SELECT endpoint_id, owner, generation, condition FROM lanes WHERE endpoint_id = ANY ($1::text[])',
          onlyReads: true,
        },
        [endpointIds],
      )
      const own = rows.filter((row) => row.owner === owner)
      return new Map(own.map(({ endpoint_id, generation, condition }) => [endpoint_id, { generation, condition }]))
    },
    async take(endpointId, owner) {
      const { rows } = await session.ask<LaneHold>(
        {
          name: 'take-lane',
          // A claim takes lanes in any order. It never waits for one: two claims would end up waiting for each other.
          text: `UPDATE lanes SET owner = $2, generation = CASE WHEN owner = $2 THEN generation ELSE generation + 1 END
            WHERE endpoint_id = (SELECT endpoint_id FROM lanes WHERE endpoint_id = $1 AND (owner = $2 OR state = 'active'
                AND workspace_id NOT IN (SELECT id FROM workspaces WHERE deliveries_paused_at IS NOT NULL)
                AND (owner IS NULL OR NOT EXISTS (SELECT 1 FROM processes WHERE processes.id = lanes.owner)))
              FOR NO KEY UPDATE SKIP LOCKED)
            RETURNING generation, condition`,
        },
        [endpointId, owner],
      )
      return rows[0]
    },
    async giveBack(returned) {
      const endpointIds = texts(returned.map((each) => each.endpointId))
      // Without the lock a fan-out that commits in between is missed, and its work sleeps until the next event.
      session.tell(
        {
          name: 'lock-lanes-to-give-back',
          text: 'SELECT 1 FROM lanes WHERE endpoint_id = ANY ($1::text[]) ORDER BY endpoint_id FOR UPDATE',
        },
        [endpointIds],
      )
      session.tell(
        {
          name: 'give-lanes-back',
          text: `UPDATE lanes SET owner = NULL,
              condition = CASE WHEN back.is_learned = 1 THEN back.condition ELSE lanes.condition END,
              next_due = (SELECT GREATEST(due_at, back.sleeps_until) FROM deliveries
                WHERE endpoint_id = back.endpoint_id AND status = 0 ORDER BY due_at LIMIT 1)
            FROM unnest($1::text[], $2::int8[], $3::int8[], $4::int8[], $5::text[])
              AS back (endpoint_id, generation, sleeps_until, is_learned, condition)
            WHERE lanes.endpoint_id = back.endpoint_id AND lanes.generation = back.generation`,
        },
        [
          endpointIds,
          integers(returned.map((each) => each.generation)),
          integers(returned.map(({ sleepsUntil = 0 }) => sleepsUntil)),
          integers(returned.map(({ condition }) => (condition === undefined ? 0 : 1))),
          texts(returned.map(({ condition }) => condition ?? null)),
        ],
      )
    },
    async due(endpointIds, at) {
      if (endpointIds.length === 0) return
      // The lock keeps out only whoever gives a lane back. A lane that is due already is not written again, so that
      // fan-out and the recording of attempts do not wait for each other.
      const { rows } = await session.ask<{ endpoint_id: string; next_due: number | null }>(
        {
          name: 'lock-lanes',
          text: `SELECT endpoint_id, next_due FROM lanes WHERE endpoint_id = ANY ($1::text[])
            ORDER BY endpoint_id FOR KEY SHARE`,
        },
        [endpointIds],
      )
      const late = rows.filter((row) => row.next_due === null || row.next_due > at).map((row) => row.endpoint_id)
      if (late.length === 0) return
      await session.ask(
        {
          name: 'lanes-due',
          text: `WITH late AS MATERIALIZED (SELECT endpoint_id FROM lanes WHERE endpoint_id = ANY ($1::text[])
              ORDER BY endpoint_id FOR NO KEY UPDATE)
            UPDATE lanes SET next_due = LEAST(lanes.next_due, $2) FROM late WHERE lanes.endpoint_id = late.endpoint_id`,
        },
        [late, at],
      )
    },
  }
}
