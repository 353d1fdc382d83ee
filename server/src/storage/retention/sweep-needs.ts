import type { Line, Rows } from './sweep-walk.ts'

/**
 * The place in the log that every follower has passed: 0 while one of them has not begun. Read in the turn's own
 * transaction; a place only moves forward, so what it lets go is let go by all.
 */
export async function passedByAll(rows: Rows, { followers }: Line): Promise<number> {
  const found = await rows.all<{ name: string; cursor: number }>('SELECT name, cursor FROM followers', [])
  const known = new Map(found.map(({ name, cursor }) => [name, Number(cursor)]))
  return Math.min(...followers.map((name) => known.get(name) ?? 0), ...known.values())
}

/** Says that nothing needs an event any more; its one value is the place that every follower has passed. */
export const eventIsFree = (events: string) => `(${events}.seq <= ?
  AND NOT EXISTS (SELECT 1 FROM deliveries d WHERE d.event_id = ${events}.id
    AND (d.status < 2 OR (d.status = 3 AND EXISTS (SELECT 1 FROM blocked_keys b WHERE b.delivery_id = d.id))))
  AND NOT EXISTS (SELECT 1 FROM followers f JOIN parked p ON p.follower = f.name AND p.seq = ${events}.seq
    AND p.state IN ('retrying', 'waiting', 'parked')))`

/** Says that nothing needs the body of a request any more; its one value is the place that every follower has passed. */
export const bodyIsFree = (requests: string) => `(${requests}.verdict <> 'quarantined'
  AND NOT EXISTS (SELECT 1 FROM held_events h WHERE h.source_id = ${requests}.source_id AND h.request_id = ${requests}.id)
  AND NOT EXISTS (SELECT 1 FROM events e WHERE e.request_id = ${requests}.id AND e.received_at = ${requests}.received_at
    AND NOT ${eventIsFree('e')}))`

/** Says that a request made nothing that is still there, and that nothing waits for it. Refused ones have a sweep of their own. */
export const recordIsFree = (requests: string) => `(${requests}.verdict <> 'quarantined'
  AND NOT EXISTS (SELECT 1 FROM held_events h WHERE h.source_id = ${requests}.source_id AND h.request_id = ${requests}.id)
  AND NOT EXISTS (SELECT 1 FROM events e WHERE e.request_id = ${requests}.id AND e.received_at = ${requests}.received_at))`
