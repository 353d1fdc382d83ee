import type { Delivery } from '../../outbound/delivery/delivery.ts'
import type { Expired } from '../../outbound/delivery/delivery-store.ts'
import { toDelivery } from '../delivery-rows.ts'
import { isInOrder, letGoOn, lineEnds, type OrderEngine, touch } from '../order.ts'
import { turnOf } from './sweep-state.ts'
import { type Rows, type Walk, walkOn } from './sweep-walk.ts'

/** Deliveries that are looked at in one turn. */
const rowsATurn = 200

/**
 * Ends deliveries that are unfinished since before then: in the order in which they were made, so that each is looked at
 * once, whatever its lane and however many wait in it. Those that were begun anew are remembered with that time.
 */
export async function expireDeliveries(
  order: OrderEngine,
  lock: '' | ' FOR UPDATE SKIP LOCKED',
  { before, now }: { before: number; now: number },
): Promise<Expired> {
  const { rows } = order
  const ended: Delivery[] = []
  const end = async (condition: string, values: readonly (string | number)[]): Promise<number> => {
    // Before their rows are locked.
    const lanes = await rows.all<{ endpoint_id: string }>(
      `SELECT DISTINCT endpoint_id FROM deliveries WHERE ${isInOrder} AND ${condition}`,
      values,
    )
    await touch(
      order,
      lanes.map((row) => row.endpoint_id),
      now,
    )
    const found = await rows.all<{ id: string }>(
      // In one order: who records attempts locks them so too.
      `SELECT id FROM deliveries WHERE status < 2 AND ${condition} ORDER BY id${lock === '' ? '' : ' FOR UPDATE'}`,
      values,
    )
    if (found.length === 0) return 0
    const expired = await rows.all<Parameters<typeof toDelivery>[0]>(
      `UPDATE deliveries SET status = 3, cause = 'EXPIRED', due_at = ?, ended_at = ?
       WHERE id IN (${found.map(() => '?').join(', ')}) RETURNING *`,
      [now, now, ...found.map(({ id }) => id)],
    )
    ended.push(...expired.map(toDelivery))
    await letGoOn(order, lineEnds(expired), now)
    return expired.length
  }
  const walk: Walk = {
    kind: 'delivery',
    next: async (place, limit) => {
      const found = await rows.all<{ id: string }>('SELECT id FROM deliveries WHERE id >= ? ORDER BY id LIMIT ?', [
        place,
        limit,
      ])
      return found.map(({ id }) => ({ place: id, id }))
    },
    behind: (place) => `${place}!`,
    async remove(first, last) {
      const isRestarted = 'EXISTS (SELECT 1 FROM restarted_deliveries r WHERE r.delivery_id = deliveries.id)'
      return { removed: await end(`id >= ? AND id <= ? AND NOT ${isRestarted}`, [first, last]), kept: null }
    },
  }
  const call = { sweep: 'expired', before, now, followers: [] }
  const turn = await turnOf(rows, call, {
    lock,
    async take(standing) {
      const restarted = await rows.all<{ id: string }>(
        'SELECT delivery_id AS id FROM restarted_deliveries WHERE restarted_at < ? ORDER BY restarted_at LIMIT ?',
        [before, rowsATurn],
      )
      for (const { id } of restarted) {
        await end('id = ?', [id])
        await rows.run('DELETE FROM restarted_deliveries WHERE delivery_id = ?', [id])
      }
      const walked = await walkOn(walk, standing, call, rowsATurn)
      return { ...walked, isDone: walked.isDone && restarted.length < rowsATurn }
    },
  })
  return { ended, isDone: turn.isDone || turn.isElsewhere }
}

/** Remembers when a delivery was begun anew: its age counts from then. */
export function noteRestart(rows: Rows, id: string, now: number): Promise<number> {
  return rows.run(
    `INSERT INTO restarted_deliveries (delivery_id, restarted_at) VALUES (?, ?)
     ON CONFLICT (delivery_id) DO UPDATE SET restarted_at = excluded.restarted_at`,
    [id, now],
  )
}
