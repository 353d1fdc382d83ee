import type { DeliveryCause } from '../../outbound/delivery/delivery-causes.ts'
import type { NewDelivery, Settlement } from '../../outbound/delivery/delivery-store.ts'
import type { Line } from '../../outbound/order/order.ts'
import { isInOrder, lineOf, linesOf, type OrderEngine } from '../order.ts'
import { integers, texts } from './arrays.ts'
import { rowsOn } from './rows-on.ts'
import type { Session } from './session.ts'

/** The advisory locks of who changes what is ordered in a lane; the class is "trko" in ASCII, the object the lane's hash. */
const lockClass = 0x74726b6f

/** Order on PostgreSQL, where several processes write at once. */
export function orderOn(session: Session): OrderEngine {
  return {
    rows: rowsOn(session.ask),
    async hold(endpointIds) {
      if (endpointIds.length === 0) return
      await session.ask(
        {
          name: 'hold-order',
          // An advisory lock, because it keeps out only who changes an order: claims and plain lanes never meet it. In one
          // order of numbers, so that two who want several do not wait for each other.
          text: `SELECT pg_advisory_xact_lock(${lockClass}, lane.number) FROM (
              SELECT DISTINCT hashtext(id) AS number FROM unnest($1::text[]) AS wanted (id) ORDER BY 1) AS lane`,
        },
        [texts([...new Set(endpointIds)])],
      )
    },
    promote: (lines, now) => promote(session, lines, now),
  }
}

/** Adds deliveries that are in order, all of them as waiting, and lets the first of each line go. */
export async function addInOrder(session: Session, deliveries: readonly NewDelivery[]): Promise<number> {
  const inOrder = deliveries.flatMap((each) => (each.orderKey === null ? [] : [{ ...each, orderKey: each.orderKey }]))
  await orderOn(session).hold(inOrder.map((each) => each.endpointId))
  let added = 0
  for (let i = 0; i < inOrder.length; i += rowsPerStatement) {
    added += await insertWaiting(session, inOrder.slice(i, i + rowsPerStatement))
  }
  await promote(session, inOrder, inOrder[0]?.createdAt ?? 0)
  return added
}

const rowsPerStatement = 5000

async function insertWaiting({ ask }: Session, deliveries: readonly (NewDelivery & Line)[]): Promise<number> {
  const { count } = await ask(
    {
      name: 'insert-waiting-deliveries',
      text: `INSERT INTO deliveries (id, workspace_id, customer, endpoint_id, event_id, event_seq, event_type, status, due_at,
          created_at, order_key)
        SELECT id, workspace_id, customer, endpoint_id, event_id, event_seq, event_type, 1, created_at, created_at, order_key
        FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::int8[], $7::text[], $8::int8[], $9::text[])
          AS new (id, workspace_id, customer, endpoint_id, event_id, event_seq, event_type, created_at, order_key)
        ON CONFLICT (event_id, endpoint_id) DO NOTHING`,
    },
    [
      texts(deliveries.map((each) => each.id)),
      texts(deliveries.map((each) => each.workspaceId)),
      texts(deliveries.map((each) => each.customer)),
      texts(deliveries.map((each) => each.endpointId)),
      texts(deliveries.map((each) => each.eventId)),
      integers(deliveries.map((each) => each.eventSeq)),
      texts(deliveries.map((each) => each.eventType)),
      integers(deliveries.map((each) => each.createdAt)),
      texts(deliveries.map((each) => each.orderKey)),
    ],
  )
  return count
}

/** Deliveries have ended: the next ones of their keys go, or wait for somebody where they failed for good. */
export async function goOn(session: Session, ended: readonly Settlement[]): Promise<void> {
  const lines = ended.flatMap(
    ({ endpointId, orderKey }) => lineOf({ endpoint_id: endpointId, order_key: orderKey }) ?? [],
  )
  const failed = ended.filter(({ blocksKey }) => blocksKey)
  if (failed.length > 0) await block(session, failed)
  if (lines.length > 0) await promote(session, lines, Math.max(...ended.map((each) => each.dueAt)))
}

async function block({ ask }: Session, failed: readonly Settlement[]): Promise<void> {
  await ask(
    {
      name: 'block-keys',
      // Not one that was skipped, or ended otherwise, while it was on the wire.
      text: `INSERT INTO blocked_keys (delivery_id, workspace_id, endpoint_id, order_key, event_seq, blocked_at)
        SELECT d.id, d.workspace_id, d.endpoint_id, d.order_key, d.event_seq, failed.at
        FROM unnest($1::text[], $2::int8[], $3::int8[]) AS failed (id, number, at) JOIN deliveries d ON d.id = failed.id
        WHERE d.status = 3 AND d.attempts = failed.number AND d.cause <> 'SKIPPED' AND d.order_key IS NOT NULL
        ON CONFLICT (delivery_id) DO NOTHING`,
    },
    [
      texts(failed.map(({ attempt }) => attempt.deliveryId)),
      integers(failed.map(({ attempt }) => attempt.number)),
      integers(failed.map(({ dueAt }) => dueAt)),
    ],
  )
}

async function promote({ ask }: Session, all: readonly Line[], now: number): Promise<void> {
  const lines = linesOf(all)
  await ask(
    {
      name: 'promote-deliveries',
      text: `UPDATE deliveries SET status = 0, due_at = $3 FROM (
          SELECT next.id FROM unnest($1::text[], $2::text[]) AS line (endpoint_id, order_key)
          CROSS JOIN LATERAL (SELECT id, event_seq FROM deliveries
            WHERE endpoint_id = line.endpoint_id AND order_key = line.order_key AND ${isInOrder} AND status = 1
            ORDER BY event_seq LIMIT 1) AS next
          WHERE NOT EXISTS (SELECT 1 FROM deliveries
              WHERE endpoint_id = line.endpoint_id AND order_key = line.order_key AND ${isInOrder} AND status = 0)
            AND NOT EXISTS (SELECT 1 FROM blocked_keys b WHERE b.endpoint_id = line.endpoint_id
              AND b.order_key = line.order_key AND b.event_seq < next.event_seq)) AS first
        WHERE deliveries.id = first.id`,
    },
    [texts(lines.map((each) => each.endpointId)), texts(lines.map((each) => each.orderKey)), now],
  )
}

/** Ends those that wait for another one; answers how many. */
export async function endWaiting(
  { ask }: Session,
  { endpointId, cause, now, limit }: { endpointId: string; cause: DeliveryCause; now: number; limit: number },
): Promise<number> {
  const { count } = await ask(
    {
      name: 'end-waiting-deliveries',
      text: `UPDATE deliveries SET status = 3, cause = $2, due_at = $3, ended_at = $3 WHERE id = ANY (ARRAY(
          SELECT id FROM deliveries WHERE endpoint_id = $1 AND status = 1 LIMIT $4 FOR UPDATE))`,
    },
    [endpointId, cause, now, limit],
  )
  return count
}

/** Lets go of keys of an endpoint that are held up; answers how many. */
export async function unblock({ ask }: Session, endpointId: string, limit: number): Promise<number> {
  const { count } = await ask(
    {
      name: 'unblock-keys',
      text: `DELETE FROM blocked_keys WHERE delivery_id = ANY (ARRAY(
          SELECT delivery_id FROM blocked_keys WHERE endpoint_id = $1 LIMIT $2))`,
    },
    [endpointId, limit],
  )
  return count
}
