import type { Kysely } from 'kysely'
import type { LaneHold, LaneStore } from '../../outbound/lane/lane-store.ts'
import { laneStore } from '../lanes.ts'
import type { Tables } from '../tables.ts'
import type { Session } from './session.ts'

/** Lanes on PostgreSQL: fan-out names many at once, while their owners record attempts. */
export function postgresLanes(session: Session, db: Kysely<Tables>): LaneStore {
  const lanes = laneStore(db, { locks: true })
  return {
    ...lanes,
    async held(endpointIds, owner) {
      if (endpointIds.length === 0) return new Map()
      const { rows } = await session.ask<LaneHold & { endpoint_id: string }>(
        {
          name: 'held-lanes',
          text: 'SELECT endpoint_id, generation, condition FROM lanes WHERE endpoint_id = ANY ($1::text[]) AND owner = $2',
        },
        [endpointIds, owner],
      )
      return new Map(rows.map(({ endpoint_id, ...hold }) => [endpoint_id, hold]))
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
