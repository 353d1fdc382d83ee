import type { DeliveryCause } from '../../outbound/delivery/delivery-causes.ts'
import type { NewDelivery, Settlement } from '../../outbound/delivery/delivery-store.ts'
import type { Line } from '../../outbound/order/order.ts'
import { isInOrder, linesOf, type OrderEngine } from '../order.ts'
import type { Database } from './database.ts'
import { rowsOn } from './rows-on.ts'

/** Order on SQLite: one writer, so that nobody has to be kept out. */
export function orderOn(db: Database): OrderEngine {
  return {
    rows: rowsOn(db),
    async hold() {},
    async promote(lines, now) {
      for (const line of linesOf(lines)) promote(db, line, now)
    },
  }
}

/** Lets the first of each line go that has none on its way. */
export function startLines(db: Database, deliveries: readonly NewDelivery[]): void {
  const inOrder = deliveries.flatMap(({ endpointId, orderKey, createdAt }) =>
    orderKey === null ? [] : [{ endpointId, orderKey, createdAt }],
  )
  for (const line of linesOf(inOrder)) promote(db, line, inOrder[0]?.createdAt ?? 0)
}

/** A delivery has ended: the next one of its key goes, or waits for somebody when it failed for good. */
export function goOn(db: Database, { endpointId, attempt, dueAt, blocksKey }: Settlement, orderKey: string): void {
  if (blocksKey) {
    // Not one that was skipped, or ended otherwise, while it was on the wire.
    db.run(
      `INSERT INTO blocked_keys (delivery_id, workspace_id, endpoint_id, order_key, event_seq, blocked_at)
       SELECT id, workspace_id, endpoint_id, order_key, event_seq, ? FROM deliveries
       WHERE id = ? AND status = 3 AND attempts = ? AND cause <> 'SKIPPED' AND order_key IS NOT NULL
       ON CONFLICT (delivery_id) DO NOTHING`,
      [dueAt, attempt.deliveryId, attempt.number],
    )
  }
  promote(db, { endpointId, orderKey }, dueAt)
}

function promote(db: Database, { endpointId, orderKey }: Line, now: number): void {
  db.run(
    `UPDATE deliveries SET status = 0, due_at = ?1 WHERE id = (
       SELECT id FROM deliveries WHERE endpoint_id = ?2 AND order_key = ?3 AND ${isInOrder} AND status = 1
       ORDER BY event_seq LIMIT 1)
     AND NOT EXISTS (
       SELECT 1 FROM deliveries WHERE endpoint_id = ?2 AND order_key = ?3 AND ${isInOrder} AND status = 0)
     AND NOT EXISTS (
       SELECT 1 FROM blocked_keys b WHERE b.endpoint_id = ?2 AND b.order_key = ?3 AND b.event_seq < deliveries.event_seq)`,
    [now, endpointId, orderKey],
  )
}

/** Ends those that wait for another one; answers how many. */
export function endWaiting(
  db: Database,
  { endpointId, cause, now, limit }: { endpointId: string; cause: DeliveryCause; now: number; limit: number },
): number {
  return db.run(
    `UPDATE deliveries SET status = 3, cause = ?, due_at = ?, ended_at = ? WHERE id IN (
       SELECT id FROM deliveries WHERE endpoint_id = ? AND status = 1 LIMIT ?)`,
    [cause, now, now, endpointId, limit],
  )
}

/** Lets go of keys of an endpoint that are held up; answers how many. */
export function unblock(db: Database, endpointId: string, limit: number): number {
  return db.run(
    `DELETE FROM blocked_keys WHERE delivery_id IN (SELECT delivery_id FROM blocked_keys WHERE endpoint_id = ? LIMIT ?)`,
    [endpointId, limit],
  )
}
