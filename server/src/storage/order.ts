import type { Delivery } from '../outbound/delivery/delivery.ts'
import type { DeliveryCause } from '../outbound/delivery/delivery-causes.ts'
import type { BlockedKey, Line, OrderReads } from '../outbound/order/order.ts'
import { toDelivery } from './delivery-rows.ts'
import type { Rows } from './retention/sweep-walk.ts'

/** What the engines do differently where deliveries are in order. */
export interface OrderEngine {
  rows: Rows
  /** Keeps everybody else from changing what is ordered in these lanes until the commit: before any row of theirs is touched. */
  hold(endpointIds: readonly string[]): Promise<void>
  /** Lets the next delivery of each line go, unless one of it is on its way already or an earlier one holds it up. */
  promote(lines: readonly Line[], now: number): Promise<void>
}

type Row = Parameters<typeof toDelivery>[0]

/** Says that a delivery stands in an order and is unfinished: as the index has it, word for word. */
export const isInOrder = 'status < 2 AND order_key IS NOT NULL'

/** Says that a delivery holds up nothing. */
export const isFree = 'NOT EXISTS (SELECT 1 FROM blocked_keys b WHERE b.delivery_id = deliveries.id)'

/** The state of a delivery that is begun anew: in an order it waits until it is its turn. */
export const statusAnew = 'CASE WHEN order_key IS NULL OR status = 0 THEN 0 ELSE 1 END'

/** Begins a delivery anew: in an order it waits until it is its turn. */
export async function restartDelivery(
  engine: OrderEngine,
  { workspaceId, id, now }: { workspaceId: string; id: string; now: number },
): Promise<Delivery | undefined> {
  const { rows } = engine
  const [known] = await rows.all<Row>('SELECT * FROM deliveries WHERE id = ? AND workspace_id = ?', [id, workspaceId])
  if (!known) return undefined
  const line = lineOf(known)
  if (line) await touch(engine, [line.endpointId], now)
  await rows.run(
    `UPDATE deliveries SET status = ${statusAnew}, due_at = ?, tries = 0,
       cause = NULL, ended_at = NULL WHERE id = ?`,
    [now, id],
  )
  if (line) await letGoOn(engine, [{ id, ...line }], now)
  const [begun] = await rows.all<Row>('SELECT * FROM deliveries WHERE id = ?', [id])
  return begun && toDelivery(begun)
}

/** Ends a delivery that is in the way of others. */
export async function skipDelivery(
  engine: OrderEngine,
  { workspaceId, id, now }: { workspaceId: string; id: string; now: number },
): Promise<Delivery | undefined> {
  const [known] = await engine.rows.all<Row>(
    'SELECT * FROM deliveries WHERE id = ? AND workspace_id = ? AND order_key IS NOT NULL',
    [id, workspaceId],
  )
  const line = known && lineOf(known)
  if (!line) return undefined
  await touch(engine, [line.endpointId], now)
  const [skipped] = await skipAll(engine, [id], now)
  return skipped
}

/** Ends those that have been in the way of others for too long. */
export async function skipBlocked(
  engine: OrderEngine,
  { before, now, limit }: { before: number; now: number; limit: number },
): Promise<readonly Delivery[]> {
  const old = await engine.rows.all<{ delivery_id: string; endpoint_id: string }>(
    'SELECT delivery_id, endpoint_id FROM blocked_keys WHERE blocked_at < ? ORDER BY blocked_at LIMIT ?',
    [before, limit],
  )
  if (old.length === 0) return []
  await touch(
    engine,
    old.map((row) => row.endpoint_id),
    now,
  )
  return skipAll(
    engine,
    old.map((row) => row.delivery_id),
    now,
  )
}

/** In lanes that are held. What was begun anew or skipped by somebody else meanwhile is left alone. */
async function skipAll(engine: OrderEngine, ids: readonly string[], now: number): Promise<Delivery[]> {
  const skipped = await engine.rows.all<Row>(
    `UPDATE deliveries SET status = 3, cause = 'SKIPPED', due_at = ?, ended_at = ?
     WHERE id IN (${marks(ids)}) AND order_key IS NOT NULL
       AND (status < 2 OR EXISTS (SELECT 1 FROM blocked_keys b WHERE b.delivery_id = deliveries.id)) RETURNING *`,
    [now, now, ...ids],
  )
  await letGoOn(engine, lineEnds(skipped), now)
  return skipped.map(toDelivery)
}

/** Takes away what these deliveries hold up, and lets the next ones go. */
export async function letGoOn({ rows, promote }: OrderEngine, ended: readonly LineEnd[], now: number): Promise<void> {
  if (ended.length === 0) return
  await rows.run(
    `DELETE FROM blocked_keys WHERE delivery_id IN (${marks(ended)})`,
    ended.map(({ id }) => id),
  )
  await promote(ended, now)
}

/**
 * Holds lanes of which something ordered is about to end, and says that they have work: their next deliveries will be due.
 * Before any delivery is locked, because whoever records attempts locks the lane first.
 */
export async function touch({ rows, hold }: OrderEngine, endpointIds: readonly string[], now: number): Promise<void> {
  const lanes = [...new Set(endpointIds)].sort()
  if (lanes.length === 0) return
  await hold(lanes)
  for (const id of lanes) {
    await rows.run(
      `UPDATE lanes SET next_due = ? WHERE endpoint_id = ? AND state IN ('active', 'paused')
         AND (next_due IS NULL OR next_due > ?)`,
      [now, id, now],
    )
  }
}

/** The line in which a delivery stands. */
export function lineOf(row: { endpoint_id: string; order_key: string | null }): Line | undefined {
  return row.order_key === null ? undefined : { endpointId: row.endpoint_id, orderKey: row.order_key }
}

/** A delivery that has ended in its line. */
export type LineEnd = Line & { id: string }

/** Those that stand in a line. */
export function lineEnds(all: readonly { id: string; endpoint_id: string; order_key: string | null }[]): LineEnd[] {
  return all.flatMap((row) => {
    const line = lineOf(row)
    return line ? [{ id: row.id, ...line }] : []
  })
}

/** Each line once. */
export function linesOf<Each extends Line>(all: readonly Each[]): Line[] {
  return [...new Map(all.map((each) => [`${each.endpointId} ${each.orderKey}`, each])).values()]
}

export function orderReads(rows: Rows): OrderReads {
  return {
    async blockedKeys(workspaceId, endpointId, { after, limit }, countTo) {
      const found = await rows.all<BlockedRow>(
        `SELECT b.delivery_id, b.order_key, b.blocked_at, d.event_id, d.event_type, d.cause, d.attempts,
           (SELECT count(*) FROM (SELECT 1 AS one FROM deliveries w WHERE w.endpoint_id = b.endpoint_id
              AND w.order_key = b.order_key AND w.status < 2 AND w.status = 1 LIMIT ?) AS behind) AS waiting
         FROM blocked_keys b JOIN deliveries d ON d.id = b.delivery_id
         WHERE b.endpoint_id = ? AND b.workspace_id = ?
           AND b.delivery_id > ? ORDER BY b.delivery_id LIMIT ?`,
        [countTo, endpointId, workspaceId, after ?? '', limit],
      )
      return found.map(toBlocked)
    },
  }
}

interface BlockedRow {
  delivery_id: string
  order_key: string
  blocked_at: number
  event_id: string
  event_type: string
  cause: string | null
  attempts: number
  waiting: number
}

function toBlocked(row: BlockedRow): BlockedKey {
  return {
    orderKey: row.order_key,
    deliveryId: row.delivery_id,
    eventId: row.event_id,
    eventType: row.event_type,
    cause: row.cause as DeliveryCause | null,
    attempts: row.attempts,
    blockedAt: row.blocked_at,
    waiting: Number(row.waiting),
  }
}

const marks = (all: readonly unknown[]): string => all.map(() => '?').join(', ')
