import type { Kysely } from 'kysely'
import type { LaneHold, LaneStore } from '../../outbound/lane/lane-store.ts'
import { laneStore } from '../lanes.ts'
import type { Tables } from '../tables.ts'
import type { Database } from './database.ts'

/** Lanes on SQLite: what every claim and every fan-out asks is prepared; the rest is as rare as it is elsewhere. */
export function sqliteLanes(db: Database, kysely: Kysely<Tables>): LaneStore {
  const lanes = laneStore(kysely, { locks: false })
  return {
    ...lanes,
    async held(endpointIds, owner) {
      const own = new Map<string, LaneHold>()
      for (const id of endpointIds) {
        const row = db.one('SELECT generation, condition FROM lanes WHERE endpoint_id = ? AND owner = ?', [id, owner])
        if (row) own.set(id, { generation: Number(row.generation), condition: row.condition as string | null })
      }
      return own
    },
    async giveBack(returned) {
      for (const { endpointId, generation, condition, sleepsUntil = 0 } of returned) {
        db.run(
          `UPDATE lanes SET owner = NULL, condition = CASE WHEN ?4 = 1 THEN ?5 ELSE condition END,
             next_due = (SELECT max(due_at, ?3) FROM deliveries WHERE endpoint_id = ?1 AND status = 0
               ORDER BY due_at LIMIT 1)
           WHERE endpoint_id = ?1 AND generation = ?2`,
          [endpointId, generation, sleepsUntil, condition === undefined ? 0 : 1, condition ?? null],
        )
      }
    },
    async due(endpointIds, at) {
      // A lane that is due already is not written again: that would be two pages more in every commit.
      for (const endpointId of endpointIds) {
        db.run('UPDATE lanes SET next_due = ?1 WHERE endpoint_id = ?2 AND (next_due IS NULL OR next_due > ?1)', [
          at,
          endpointId,
        ])
      }
    },
  }
}
