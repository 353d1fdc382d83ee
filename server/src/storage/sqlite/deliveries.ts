import type { Kysely } from 'kysely'
import type { DeliveryStore, DueDelivery, Settlement, WantedWork } from '../../outbound/delivery-store.ts'
import { deliveryReads, stateNumber, toDelivery } from '../delivery-reads.ts'
import type { Tables } from '../tables.ts'
import type { Database, Row } from './database.ts'

/** Deliveries on SQLite: the hot statements prepared, one row at a time. */
export function sqliteDeliveries(db: Database, kysely: Kysely<Tables>): DeliveryStore {
  return {
    ...deliveryReads(kysely),
    async add(deliveries) {
      let added = 0
      for (const each of deliveries) {
        added += db.run(
          `INSERT INTO deliveries (id, workspace_id, customer, endpoint_id, event_id, event_seq, event_type, status, due_at, created_at)
           VALUES (?, ?, ?, ?, ?, ?, ?, 0, ?, ?) ON CONFLICT (event_id, endpoint_id) DO NOTHING`,
          [
            each.id,
            each.workspaceId,
            each.customer,
            each.endpointId,
            each.eventId,
            each.eventSeq,
            each.eventType,
            each.createdAt,
            each.createdAt,
          ],
        )
      }
      return added
    },
    async claim(wanted, now, maxDataBytes) {
      return new Map(wanted.map((each) => [each.endpointId, claimOf(db, each, now, maxDataBytes)]))
    },
    async settle(settlements) {
      return settlements.map((settlement) => settle(db, settlement))
    },
    async restart(workspaceId, id, now) {
      const row = db.one(
        'UPDATE deliveries SET status = 0, due_at = ?, tries = 0, cause = NULL, ended_at = NULL WHERE id = ? AND workspace_id = ? RETURNING *',
        [now, id, workspaceId],
      )
      return row && toDelivery(row as unknown as Parameters<typeof toDelivery>[0])
    },
    async end(endpointId, cause, now, limit) {
      return db.run(
        `UPDATE deliveries SET status = 3, cause = ?, due_at = ?, ended_at = ? WHERE id IN
           (SELECT id FROM deliveries WHERE endpoint_id = ? AND status = 0 ORDER BY due_at LIMIT ?)`,
        [cause, now, now, endpointId, limit],
      )
    },
  }
}

function claimOf(db: Database, { endpointId, limit, inHand }: WantedWork, now: number, maxDataBytes: number) {
  const held = new Set(inHand)
  const rows = db.all(
    `SELECT id, event_seq, attempts, tries, due_at FROM deliveries
     WHERE endpoint_id = ? AND status = 0 ORDER BY due_at LIMIT ?`,
    [endpointId, limit + held.size + 1],
  )
  const open = rows.filter((row) => !held.has(String(row.id)))
  const due = open.filter((row) => Number(row.due_at) <= now).slice(0, limit)
  const next = open[due.length]
  return { due: due.flatMap((row) => withEvent(db, row, maxDataBytes)), nextDue: next ? Number(next.due_at) : null }
}

function withEvent(db: Database, row: Row, maxDataBytes: number): DueDelivery[] {
  const event = db.one(
    `SELECT id, type, request_id, workspace_id, received_at, data_bytes, CASE WHEN data_bytes <= ? THEN data END AS data
     FROM events WHERE seq = ?`,
    [maxDataBytes, row.event_seq ?? null],
  )
  if (!event) return []
  return [
    {
      id: String(row.id),
      eventId: String(event.id),
      eventType: String(event.type),
      requestId: event.request_id as string | null,
      workspaceId: String(event.workspace_id),
      attempts: Number(row.attempts),
      tries: Number(row.tries),
      receivedAt: Number(event.received_at),
      data: event.data as string | null,
      dataBytes: Number(event.data_bytes),
    },
  ]
}

function settle(
  db: Database,
  { endpointId, generation, workspaceId, attempt, status, dueAt, tries }: Settlement,
): boolean {
  if (!db.one('SELECT 1 AS held FROM lanes WHERE endpoint_id = ? AND generation = ?', [endpointId, generation]))
    return false
  const { timing } = attempt
  db.run(
    `INSERT INTO attempts (id, workspace_id, delivery_id, number, started_at, status, cause, detail, dns_ms, connect_ms,
       tls_ms, first_byte_ms, total_ms, response_headers, response_body, is_truncated)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (delivery_id, number, started_at) DO NOTHING`,
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
  return true
}
