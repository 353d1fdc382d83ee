import type { Kysely } from 'kysely'
import type { LaneStore } from '../../outbound/lane-store.ts'
import { laneStore } from '../lanes.ts'
import type { Tables } from '../tables.ts'
import type { Database } from './database.ts'

/** Lanes on SQLite: what every claim and every fan-out asks is prepared; the rest is as rare as it is elsewhere. */
export function sqliteLanes(db: Database, kysely: Kysely<Tables>): LaneStore {
  const lanes = laneStore(kysely, { locks: false })
  return {
    ...lanes,
    async take(endpointId, owner) {
      const own = db.one('SELECT generation FROM lanes WHERE endpoint_id = ? AND owner = ?', [endpointId, owner])
      return own ? Number(own.generation) : lanes.take(endpointId, owner)
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
