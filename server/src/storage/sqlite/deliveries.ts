import type { Kysely } from 'kysely'
import type { DeliveryStore, DueDelivery, Settlement, WantedWork } from '../../outbound/delivery/delivery-store.ts'
import { newestConditions } from '../conditions.ts'
import { deliveryBatches } from '../delivery-batches.ts'
import { deliveryReads } from '../delivery-reads.ts'
import { stateNumber } from '../delivery-rows.ts'
import { deliveryScan } from '../delivery-scan.ts'
import { orderReads, restartDelivery, skipBlocked, skipDelivery } from '../order.ts'
import { expireDeliveries, noteRestart } from '../retention/expire.ts'
import type { Tables } from '../tables.ts'
import type { Database, Row } from './database.ts'
import { endWaiting, goOn, orderOn, startLines, unblock } from './order.ts'

/** Deliveries on SQLite: the hot statements prepared, one row at a time. */
export function sqliteDeliveries(db: Database, kysely: Kysely<Tables>): DeliveryStore {
  const order = orderOn(db)
  return {
    ...deliveryReads(kysely),
    ...orderReads(order.rows),
    hold: order.hold,
    skip: (workspaceId, id, now) => skipDelivery(order, { workspaceId, id, now }),
    skipBlocked: (before, now, limit) => skipBlocked(order, { before, now, limit }),
    ...deliveryScan(kysely),
    ...deliveryBatches(order, { locks: false }),
    async add(deliveries) {
      let added = 0
      for (const each of deliveries) {
        added += db.run(
          `INSERT INTO deliveries (id, workspace_id, customer, endpoint_id, event_id, event_seq, event_type, status, due_at, created_at,
             order_key)
           VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (event_id, endpoint_id) DO NOTHING`,
          [
            each.id,
            each.workspaceId,
            each.customer,
            each.endpointId,
            each.eventId,
            each.eventSeq,
            each.eventType,
            stateNumber(each.orderKey === null ? 'pending' : 'waiting'),
            each.createdAt,
            each.createdAt,
            each.orderKey,
          ],
        )
      }
      startLines(db, deliveries)
      return added
    },
    async fresh(deliveries, maxDataBytes) {
      const events = new Map(
        [...new Set(deliveries.map(({ eventSeq }) => eventSeq))].map((seq) => [seq, eventOf(db, seq)]),
      )
      return deliveries.flatMap(({ id, eventSeq, orderKey }) => {
        const event = events.get(eventSeq)
        if (!event || Number(event.data_bytes) > maxDataBytes) return []
        return [toDue({ ...event, id, attempts: 0, tries: 0, order_key: orderKey })]
      })
    },
    async claim(wanted, now, maxDataBytes) {
      return new Map(wanted.map((each) => [each.endpointId, claimOf(db, each, now, maxDataBytes)]))
    },
    async settle(settlements) {
      // Nothing else changes a lane while this transaction is open, so each is looked at once.
      const lanes = new Set(settlements.map(({ endpointId }) => endpointId))
      const generations = new Map([...lanes].map((id) => [id, generationOf(db, id)]))
      keepConditions(db, settlements, generations)
      return settlements.map((each) => {
        if (generations.get(each.endpointId) !== each.generation) return false
        settle(db, each)
        if (each.orderKey !== null && each.status !== 'pending') goOn(db, each, each.orderKey)
        return true
      })
    },
    async restart(workspaceId, id, now) {
      const delivery = await restartDelivery(order, { workspaceId, id, now })
      if (delivery) await noteRestart(order.rows, id, now)
      return delivery
    },
    async end(endpointId, cause, now, limit) {
      const waiting = endWaiting(db, { endpointId, cause, now, limit })
      const pending = db.run(
        `UPDATE deliveries SET status = 3, cause = ?, due_at = ?, ended_at = ? WHERE id IN
           (SELECT id FROM deliveries WHERE endpoint_id = ? AND status = 0 ORDER BY due_at LIMIT ?)`,
        [cause, now, now, endpointId, limit - waiting],
      )
      return waiting + pending + unblock(db, endpointId, limit - waiting - pending)
    },
    expire: (before, now) => expireDeliveries(order, '', { before, now }),
  }
}

const eventOf = (db: Database, seq: number): Row | undefined =>
  db.one(
    `SELECT id AS event_id, type, request_id, workspace_id, received_at, data_bytes, hops, data FROM events WHERE seq = ?`,
    [seq],
  )

function claimOf(db: Database, { endpointId, limit, inHand }: WantedWork, now: number, maxDataBytes: number) {
  const held = JSON.stringify(inHand)
  const rows = db.all(
    `SELECT d.id, d.attempts, d.tries, d.order_key, d.event_id, d.event_type AS type, e.request_id, d.workspace_id,
       coalesce(e.received_at, 0) AS received_at, coalesce(e.data_bytes, 0) AS data_bytes, e.hops, d.due_at, CASE WHEN e.data_bytes <= ? THEN e.data END AS data
     FROM deliveries d LEFT JOIN events e ON e.seq = d.event_seq
     WHERE d.endpoint_id = ? AND d.status = 0 AND d.due_at <= ? AND d.id NOT IN (SELECT value FROM json_each(?))
     ORDER BY d.due_at LIMIT ?`,
    [maxDataBytes, endpointId, now, held, limit + 1],
  )
  // One more than is wanted says when there is more; only where all that is due was wanted, the next one is to be looked for.
  const next =
    rows[limit] ??
    db.one(
      `SELECT due_at FROM deliveries WHERE endpoint_id = ? AND status = 0 AND due_at > ? AND id NOT IN (SELECT value FROM json_each(?))
       ORDER BY due_at LIMIT 1`,
      [endpointId, now, held],
    )
  // Also those whose event is gone: there is nothing to send, and the attempt says so and ends them.
  return { due: rows.slice(0, limit).map(toDue), nextDue: next ? Number(next.due_at) : null }
}

function toDue(row: Row): DueDelivery {
  return {
    id: String(row.id),
    eventId: String(row.event_id),
    eventType: String(row.type),
    requestId: row.request_id as string | null,
    workspaceId: String(row.workspace_id),
    attempts: Number(row.attempts),
    tries: Number(row.tries),
    receivedAt: Number(row.received_at),
    data: row.data as string | null,
    dataBytes: Number(row.data_bytes),
    orderKey: row.order_key as string | null,
    ...(row.hops === null ? {} : { hops: Number(row.hops) }),
  }
}

function generationOf(db: Database, endpointId: string): number | undefined {
  const lane = db.one('SELECT generation FROM lanes WHERE endpoint_id = ?', [endpointId])
  return lane && Number(lane.generation)
}

/** Keeps what was learned of endpoints with their lanes: of each the last, and nothing of most. */
function keepConditions(
  db: Database,
  settlements: readonly Settlement[],
  generations: ReadonlyMap<string, number | undefined>,
): void {
  for (const { endpointId, condition, generation } of newestConditions(settlements)) {
    if (generations.get(endpointId) !== generation) continue
    db.run('UPDATE lanes SET condition = ? WHERE endpoint_id = ?', [condition, endpointId])
  }
}

function settle(db: Database, { workspaceId, attempt, status, dueAt, tries }: Settlement): void {
  const { timing } = attempt
  db.run(
    `INSERT INTO attempts (id, workspace_id, delivery_id, number, started_at, status, cause, detail, dns_ms, connect_ms,
       tls_ms, first_byte_ms, total_ms, response_headers, response_body, is_truncated, signed_at, signed_sha256,
       next_due_at)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (delivery_id, number, started_at) DO NOTHING`,
    [
      attempt.id,
      workspaceId,
      attempt.deliveryId,
      attempt.number,
      attempt.startedAt,
      attempt.status,
      attempt.cause,
      attempt.detail,
      timing.dnsMs,
      timing.connectMs,
      timing.tlsMs,
      timing.firstByteMs,
      timing.totalMs,
      JSON.stringify(attempt.responseHeaders),
      attempt.responseBody,
      Number(attempt.isTruncated),
      attempt.signed?.timestamp ?? null,
      attempt.signed?.sha256 ?? null,
      attempt.nextDueAt ?? null,
    ],
  )
  // Only a pending one: a delivery that was ended meanwhile (its endpoint deleted) stays as it ended.
  db.run(
    `UPDATE deliveries SET status = ?, due_at = ?, attempts = ?, tries = ?, cause = ?, ended_at = ?
     WHERE id = ? AND status = 0 AND attempts < ?`,
    [
      stateNumber(status),
      dueAt,
      attempt.number,
      tries,
      attempt.cause,
      status === 'pending' ? null : dueAt,
      attempt.deliveryId,
      attempt.number,
    ],
  )
}
