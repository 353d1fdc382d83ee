import { timeOfId } from '../base/id.ts'
import type { DeliveryStore } from '../outbound/delivery/delivery-store.ts'
import { dayOf } from './days.ts'
import { stateNumber } from './delivery-rows.ts'
import { isFree, type LineEnd, letGoOn, lineEnds, type OrderEngine, statusAnew, touch } from './order.ts'
import type { Rows } from './retention/sweep-walk.ts'

/** Changes of many deliveries at once, each named: the statements are the same on both engines. */
export function deliveryBatches(
  order: OrderEngine,
  { locks }: { locks: boolean },
): Pick<DeliveryStore, 'restartAll' | 'endAll' | 'removeAll'> {
  const { rows } = order

  /** Those of these that stand in an order. Their lanes are held from then on: before any of their rows is. */
  async function inOrder(workspaceId: string, ids: readonly string[], now: number): Promise<LineEnd[]> {
    if (ids.length === 0) return []
    const found = lineEnds(
      await rows.all<{ id: string; endpoint_id: string; order_key: string | null }>(
        `SELECT id, endpoint_id, order_key FROM deliveries WHERE id IN (${places(ids)}) AND workspace_id = ?
           AND order_key IS NOT NULL`,
        [...ids, workspaceId],
      ),
    )
    await touch(
      order,
      found.map(({ endpointId }) => endpointId),
      now,
    )
    return found
  }

  /** Those that are in one of these states, held until the commit in the order in which outcomes are recorded too. */
  async function held(
    workspaceId: string,
    ids: readonly string[],
    statuses: readonly number[],
    more = '',
  ): Promise<string[]> {
    if (ids.length === 0 || statuses.length === 0) return []
    const found = await rows.all<{ id: string }>(
      `SELECT id FROM deliveries WHERE id IN (${places(ids)}) AND workspace_id = ? AND status IN (${places(statuses)}) ${more}
       ORDER BY id${locks ? ' FOR NO KEY UPDATE' : ''}`,
      [...ids, workspaceId, ...statuses],
    )
    return found.map(({ id }) => id)
  }

  return {
    async restartAll(workspaceId, ids, statuses, now) {
      const lines = await inOrder(workspaceId, ids, now)
      const own = await held(workspaceId, ids, statuses.map(stateNumber))
      if (own.length === 0) return []
      await rows.run(
        `UPDATE deliveries SET status = ${statusAnew}, due_at = ?, tries = 0, cause = NULL, ended_at = NULL
         WHERE id IN (${places(own)})`,
        [now, ...own],
      )
      await letGoOn(
        order,
        lines.filter(({ id }) => own.includes(id)),
        now,
      )
      await rows.run(
        `INSERT INTO restarted_deliveries (delivery_id, restarted_at) VALUES ${own.map(() => '(?, ?)').join(', ')}
         ON CONFLICT (delivery_id) DO UPDATE SET restarted_at = excluded.restarted_at`,
        own.flatMap((id) => [id, now]),
      )
      return own
    },
    async endAll(workspaceId, ids, cause, now) {
      const lines = await inOrder(workspaceId, ids, now)
      const own = await held(workspaceId, ids, [0, 1])
      if (own.length === 0) return 0
      const ended = await rows.run(
        `UPDATE deliveries SET status = 3, cause = ?, due_at = ?, ended_at = ? WHERE id IN (${places(own)})`,
        [cause, now, now, ...own],
      )
      await letGoOn(
        order,
        lines.filter(({ id }) => own.includes(id)),
        now,
      )
      return ended
    },
    async removeAll(workspaceId, ids) {
      // One that holds up its key stays until somebody has decided about it.
      const own = await held(workspaceId, ids, [2, 3], `AND ${isFree}`)
      if (own.length === 0) return 0
      const removed = await rows.all<{ id: string; endpoint_id: string }>(
        `DELETE FROM deliveries WHERE id IN (${places(own)}) RETURNING id, endpoint_id`,
        own,
      )
      await rows.run(`DELETE FROM restarted_deliveries WHERE delivery_id IN (${places(own)})`, own)
      // None was made before its delivery was: that spares PostgreSQL the partitions of earlier days.
      const since = Math.min(...own.map((id) => dayOf('delivery', id).from))
      await rows.run(`DELETE FROM attempts WHERE delivery_id IN (${places(own)}) AND started_at >= ?`, [...own, since])
      await noteCleaned(rows, removed)
      return removed.length
    },
  }
}

/** Remembers up to when deliveries of these endpoints are missing because somebody had them cleaned away. */
async function noteCleaned(rows: Rows, removed: readonly { id: string; endpoint_id: string }[]): Promise<void> {
  const upTo = new Map<string, number>()
  for (const { id, endpoint_id: endpointId } of removed)
    upTo.set(endpointId, Math.max(upTo.get(endpointId) ?? 0, (timeOfId('delivery', id) ?? 0) + 1))
  for (const [endpointId, at] of [...upTo].sort())
    await rows.run(
      `INSERT INTO cleaned_deliveries (endpoint_id, up_to) VALUES (?, ?)
       ON CONFLICT (endpoint_id) DO UPDATE SET up_to = excluded.up_to WHERE cleaned_deliveries.up_to < excluded.up_to`,
      [endpointId, at],
    )
}

const places = (values: readonly unknown[]): string => values.map(() => '?').join(', ')
