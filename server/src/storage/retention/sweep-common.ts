import { lowestId, timeOfId } from '../../base/id.ts'
import type { SweepCall } from '../../retention/retention-store.ts'
import { isFree } from '../order.ts'
import { type Rows, type Standing, unplaced, type Walk, type Walked } from './sweep-walk.ts'

/** The sweeps that are the same on both engines. `skip` lets rows be that another transaction has in hand. */
export function commonSweeps(rows: Rows, limit: number, skip: '' | ' FOR UPDATE SKIP LOCKED') {
  return {
    /**
     * Refused requests that no counter knows: an earlier version kept them. Source by source, because a source's are found
     * by an index of their own.
     */
    async quarantine(standing: Standing, { before }: SweepCall): Promise<Walked> {
      const ids = await rows.all<{ id: string; source_id: string }>(
        `SELECT id, source_id FROM requests WHERE verdict = 'quarantined' AND source_id >= ? AND source_id <= (
           SELECT min(source_id) FROM requests WHERE verdict = 'quarantined' AND source_id >= ?)
         AND id < ? AND NOT EXISTS (SELECT 1 FROM quarantined q WHERE q.request_id = requests.id)
         ORDER BY source_id, id LIMIT ?`,
        [standing.place, standing.place, lowestId('request', before), limit],
      )
      const source = await nextSource(rows, standing.place)
      if (source === undefined)
        return { removed: 0, isDone: true, standing: { ...standing, place: '', keptFrom: null } }
      const removed = await deleteRefused(rows, ids)
      const place = ids.length < limit ? `${source}!` : source
      return { removed, isDone: false, standing: { place, keptFrom: null, removed: standing.removed + removed } }
    },
    /** Parked events go with their records; one that is to be tried again stays. */
    async parked(standing: Standing, { before }: SweepCall): Promise<Walked> {
      const removed = await rows.run(
        `DELETE FROM parked WHERE (follower, seq) IN (
           SELECT follower, seq FROM parked WHERE event_id < ? AND coalesce(updated_at, due_at) < ? AND state NOT IN ('retrying', 'waiting')
           LIMIT ?${skip})`,
        [lowestId('event', before), before, limit],
      )
      return unplaced(standing, removed, limit)
    },
    /**
     * Keys past their window. Of keys that share a hash the later ones are found only while the earlier ones are there, so
     * the last goes first.
     */
    async 'dedupe-keys'(standing: Standing, { now }: SweepCall): Promise<Walked> {
      const removed = await rows.run(
        `DELETE FROM dedupe_keys WHERE (hash, n) IN (
           SELECT hash, n FROM dedupe_keys k WHERE expires_at <= ?
             AND NOT EXISTS (SELECT 1 FROM dedupe_keys later WHERE later.hash = k.hash AND later.n > k.n)
           ORDER BY expires_at LIMIT ?${skip})`,
        [now, limit],
      )
      return unplaced(standing, removed, limit)
    },
  }
}

/** The first source from a place on that has refused requests. */
async function nextSource(rows: Rows, place: string): Promise<string | undefined> {
  const [found] = await rows.all<{ source_id: string | null }>(
    `SELECT min(source_id) AS source_id FROM requests WHERE verdict = 'quarantined' AND source_id >= ?`,
    [place],
  )
  return found?.source_id ?? undefined
}

async function deleteRefused(rows: Rows, ids: readonly { id: string }[]): Promise<number> {
  if (ids.length === 0) return 0
  return rows.run(
    `DELETE FROM requests WHERE verdict = 'quarantined' AND id IN (${ids.map(() => '?').join(', ')})`,
    ids.map(({ id }) => id),
  )
}

/** Deliveries that succeeded, with their attempts, where they are kept for less long than those that failed. */
export function succeededWalk(rows: Rows): Walk {
  const old = 'id >= ? AND id <= ? AND status = 2 AND ended_at < ?'
  return {
    ...deliveryWalk(rows),
    async remove(first, last, { before }) {
      // None was made before its delivery was: that spares PostgreSQL the days before.
      await rows.run(
        `DELETE FROM attempts WHERE delivery_id IN (SELECT id FROM deliveries WHERE ${old}) AND started_at >= ?`,
        [first, last, before, timeOfId('delivery', first) ?? 0],
      )
      const removed = await rows.run(`DELETE FROM deliveries WHERE ${old}`, [first, last, before])
      // What has failed is the next sweep's, also if it succeeds one day.
      const [kept] = await rows.all<{ id: string | null }>(
        'SELECT min(id) AS id FROM deliveries WHERE id >= ? AND id <= ? AND status <> 3',
        [first, last],
      )
      return { removed, kept: kept?.id ?? null }
    },
  }
}

/** Deliveries that ended, in the order in which they were made. */
export function deliveryWalk(rows: Rows): Walk {
  return {
    kind: 'delivery',
    next: async (place, limit) =>
      (
        await rows.all<{ id: string }>('SELECT id FROM deliveries WHERE id >= ? ORDER BY id LIMIT ?', [place, limit])
      ).map(({ id }) => ({ place: id, id })),
    behind: (place) => `${place}!`,
    async remove(first, last, { before }) {
      const removed = await rows.run(
        // One that holds up its key stays until somebody has decided about it.
        `DELETE FROM deliveries WHERE id >= ? AND id <= ? AND status >= 2 AND ended_at < ?
           AND ${isFree}`,
        [first, last, before],
      )
      await rows.run(
        // One that is unfinished still expires by it.
        `DELETE FROM restarted_deliveries WHERE delivery_id >= ? AND delivery_id <= ? AND restarted_at < ?
           AND NOT EXISTS (SELECT 1 FROM deliveries d WHERE d.id = restarted_deliveries.delivery_id AND d.status < 2)`,
        [first, last, before],
      )
      const [kept] = await rows.all<{ id: string | null }>(
        'SELECT min(id) AS id FROM deliveries WHERE id >= ? AND id <= ?',
        [first, last],
      )
      return { removed, kept: kept?.id ?? null }
    },
  }
}
