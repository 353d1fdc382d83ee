import type { Kysely } from 'kysely'
import type {
  DeliveryStore,
  DueDelivery,
  NewDelivery,
  Settlement,
  WantedWork,
} from '../../outbound/delivery/delivery-store.ts'
import { type NewestCondition, newestConditions } from '../conditions.ts'
import { dayOf } from '../days.ts'
import { deliveryBatches } from '../delivery-batches.ts'
import { deliveryReads } from '../delivery-reads.ts'
import { stateNumber } from '../delivery-rows.ts'
import { deliveryScan } from '../delivery-scan.ts'
import { orderReads, restartDelivery, skipBlocked, skipDelivery } from '../order.ts'
import { expireDeliveries, noteRestart } from '../retention/expire.ts'
import type { DeliveryRow, Tables } from '../tables.ts'
import { floats, integers, texts } from './arrays.ts'
import { addInOrder, endWaiting, goOn, orderOn, unblock } from './order.ts'
import type { Session } from './session.ts'

/** Rows in one statement, so that fan-out to a thousand endpoints stays within the time a statement has. */
const rowsPerStatement = 5000

/** Deliveries on PostgreSQL: a few statements for a whole group. */
export function postgresDeliveries(session: Session, db: Kysely<Tables>): DeliveryStore {
  const order = orderOn(session)
  return {
    ...deliveryReads(db),
    ...orderReads(order.rows),
    hold: order.hold,
    skip: (workspaceId, id, now) => skipDelivery(order, { workspaceId, id, now }),
    skipBlocked: (before, now, limit) => skipBlocked(order, { before, now, limit }),
    ...deliveryScan(db),
    ...deliveryBatches(order, { locks: true }),
    async add(deliveries) {
      const plain = deliveries.filter((each) => each.orderKey === null)
      let added = 0
      for (let i = 0; i < plain.length; i += rowsPerStatement) {
        added += await insertDeliveries(session, plain.slice(i, i + rowsPerStatement))
      }
      if (plain.length < deliveries.length) added += await addInOrder(session, deliveries)
      return added
    },
    async fresh(deliveries, maxDataBytes) {
      if (deliveries.length === 0) return []
      const made = deliveries.map(({ eventId, eventSeq, orderKey, ...each }) => ({
        ...{ id: each.id, event_id: eventId, event_seq: eventSeq, order_key: orderKey },
        ...{ attempts: 0, tries: 0 },
      }))
      const events = await eventsOf(session, made, maxDataBytes)
      return made.flatMap((row) => toDue(row, events.get(row.event_seq)) ?? []).filter(isWhole(maxDataBytes))
    },
    async claim(wanted, now, maxDataBytes) {
      if (wanted.length === 0) return new Map()
      const pending = await pendingOf(session, wanted)
      const chosen = wanted.map((each) => choose(each, pending.get(each.endpointId) ?? [], now))
      const due = chosen.flatMap((each) => each.due)
      const events = due.length > 0 ? await eventsOf(session, due, maxDataBytes) : new Map()
      const gone = await withoutEvents(
        session,
        due.filter((row) => !events.has(row.event_seq)).map(({ id }) => id),
      )
      return new Map(
        chosen.map(({ endpointId, due, nextDue }) => [
          endpointId,
          { due: due.flatMap((row) => toDue(row, events.get(row.event_seq) ?? gone.get(row.id)) ?? []), nextDue },
        ]),
      )
    },
    async settle(settlements) {
      const ended = settlements.filter((each) => each.orderKey !== null && each.status !== 'pending')
      if (ended.length > 0) await order.hold(ended.map((each) => each.endpointId))
      const generations = await lockLanes(session, settlements)
      const isCurrent = (each: Settlement) => generations.get(each.endpointId) === each.generation
      const current = settlements.filter(isCurrent)
      if (current.length > 0) {
        insertAttempts(session, current)
        updateDeliveries(session, current)
        keepConditions(session, newestConditions(current))
      }
      if (ended.length > 0) await goOn(session, ended.filter(isCurrent))
      return settlements.map(isCurrent)
    },
    async restart(workspaceId, id, now) {
      const delivery = await restartDelivery(order, { workspaceId, id, now })
      if (delivery) await noteRestart(order.rows, id, now)
      return delivery
    },
    async end(endpointId, cause, now, limit) {
      await order.hold([endpointId])
      const waiting = await endWaiting(session, { endpointId, cause, now, limit })
      const { count } = await session.ask(
        {
          name: 'end-deliveries',
          // What is being recorded at this moment is left for the next batch: nobody here waits for anybody.
          text: `UPDATE deliveries SET status = 3, cause = $2, due_at = $3, ended_at = $3 WHERE id = ANY (ARRAY(
              SELECT id FROM deliveries WHERE endpoint_id = $1 AND status = 0 ORDER BY due_at LIMIT $4
              FOR UPDATE SKIP LOCKED))`,
        },
        [endpointId, cause, now, limit - waiting],
      )
      return waiting + count + (await unblock(session, endpointId, limit - waiting - count))
    },
    expire: (before, now) => expireDeliveries(order, ' FOR UPDATE SKIP LOCKED', { before, now }),
  }
}

async function insertDeliveries({ ask }: Session, deliveries: readonly NewDelivery[]): Promise<number> {
  const { count } = await ask(
    {
      name: 'insert-deliveries',
      text: `INSERT INTO deliveries (id, workspace_id, customer, endpoint_id, event_id, event_seq, event_type, status, due_at,
          created_at)
        SELECT id, workspace_id, customer, endpoint_id, event_id, event_seq, event_type, 0, created_at, created_at
        FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::int8[], $7::text[], $8::int8[])
          AS new (id, workspace_id, customer, endpoint_id, event_id, event_seq, event_type, created_at)
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
    ],
  )
  return count
}

type Pending = Pick<DeliveryRow, 'id' | 'endpoint_id' | 'event_id' | 'event_seq' | 'due_at' | 'order_key'> & {
  attempts: number
  tries: number
}

/** The oldest unfinished deliveries of each lane that its owner has not in hand: what is wanted, and the one after. */
async function pendingOf({ ask }: Session, wanted: readonly WantedWork[]): Promise<Map<string, Pending[]>> {
  const { rows } = await ask<Pending>(
    {
      name: 'pending-deliveries',
      // What is in hand is hashed once, and not compared with each row as a list of "<> ALL" would be.
      text: `SELECT due.* FROM unnest($1::text[], $2::int8[]) AS lane (endpoint_id, most)
        CROSS JOIN LATERAL (SELECT id, endpoint_id, event_id, event_seq, attempts, tries, due_at, order_key FROM deliveries
          WHERE endpoint_id = lane.endpoint_id AND status = 0 AND id NOT IN (SELECT unnest($3::text[]))
          ORDER BY due_at LIMIT lane.most) AS due
        ORDER BY due.due_at`,
      onlyReads: true,
    },
    [
      texts(wanted.map((each) => each.endpointId)),
      integers(wanted.map(({ limit }) => limit + 1)),
      texts(wanted.flatMap(({ inHand }) => inHand)),
    ],
  )
  const lanes = new Map<string, Pending[]>(wanted.map((each) => [each.endpointId, []]))
  for (const row of rows) lanes.get(row.endpoint_id)?.push(row)
  return lanes
}

interface Chosen {
  endpointId: string
  due: readonly Pending[]
  nextDue: number | null
}

function choose({ endpointId, limit }: WantedWork, pending: readonly Pending[], now: number): Chosen {
  const due = pending.filter((row) => row.due_at <= now).slice(0, limit)
  return { endpointId, due, nextDue: pending[due.length]?.due_at ?? null }
}

interface EventOfDelivery {
  seq: number
  id: string
  type: string
  request_id: string | null
  workspace_id: string
  received_at: number
  data_bytes: number
  data: string | null
  hops: number | null
}

/** The events' ids tell between which days to look: the other days' partitions are not even opened. */
async function eventsOf(
  { ask }: Session,
  due: readonly Pick<Pending, 'event_id' | 'event_seq'>[],
  maxDataBytes: number,
): Promise<Map<number, EventOfDelivery>> {
  const days = due.map((row) => dayOf('event', row.event_id))
  const { rows } = await ask<EventOfDelivery>(
    {
      name: 'events-of-deliveries',
      text: `SELECT seq, id, type, request_id, workspace_id, received_at, data_bytes, hops,
          CASE WHEN data_bytes <= $4 THEN data END AS data
        FROM events WHERE seq = ANY ($1::int8[]) AND received_at >= $2 AND received_at < $3`,
    },
    [
      integers([...new Set(due.map((row) => row.event_seq))]),
      Math.min(...days.map((day) => day.from)),
      Math.max(...days.map((day) => day.to)),
      maxDataBytes,
    ],
  )
  return new Map(rows.map((row) => [row.seq, row]))
}

/** What is known of deliveries whose events are gone: there is nothing to send, and the attempt says so and ends them. */
async function withoutEvents({ ask }: Session, ids: readonly string[]): Promise<Map<string, EventOfDelivery>> {
  if (ids.length === 0) return new Map()
  const { rows } = await ask<EventOfDelivery & { delivery_id: string }>(
    {
      name: 'deliveries-without-events',
      text: `SELECT id AS delivery_id, event_seq AS seq, event_id AS id, event_type AS type, NULL AS request_id, workspace_id,
          0 AS received_at, 0 AS data_bytes, NULL AS data, NULL AS hops
        FROM deliveries WHERE id = ANY ($1::text[])`,
    },
    [ids],
  )
  return new Map(rows.map((row) => [row.delivery_id, row]))
}

const isWhole =
  (maxDataBytes: number) =>
  ({ dataBytes }: DueDelivery): boolean =>
    dataBytes <= maxDataBytes

type Tried = Pick<Pending, 'id' | 'attempts' | 'tries' | 'order_key'>

function toDue(row: Tried, event: EventOfDelivery | undefined): DueDelivery | undefined {
  if (!event) return undefined
  return {
    id: row.id,
    eventId: event.id,
    eventType: event.type,
    requestId: event.request_id,
    workspaceId: event.workspace_id,
    attempts: row.attempts,
    tries: row.tries,
    receivedAt: event.received_at,
    data: event.data,
    dataBytes: event.data_bytes,
    orderKey: row.order_key,
    ...(event.hops === null ? {} : { hops: event.hops }),
  }
}

const generationsInOrder =
  'SELECT endpoint_id, generation FROM lanes WHERE endpoint_id = ANY ($1::text[]) ORDER BY endpoint_id'

/** Keeps what was learned of endpoints with their lanes, which are locked. Nothing is asked for most groups. */
function keepConditions({ tell }: Session, conditions: readonly NewestCondition[]): void {
  if (conditions.length === 0) return
  tell(
    {
      name: 'keep-conditions',
      text: `UPDATE lanes SET condition = next.condition FROM unnest($1::text[], $2::text[]) AS next (endpoint_id, condition)
        WHERE lanes.endpoint_id = next.endpoint_id`,
    },
    [texts(conditions.map((each) => each.endpointId)), texts(conditions.map((each) => each.condition))],
  )
}

/** The generations of the lanes as they are until the commit: whoever wants to take one over waits. */
async function lockLanes({ ask }: Session, settlements: readonly Settlement[]): Promise<Map<string, number>> {
  const { rows } = await ask<{ endpoint_id: string; generation: number }>(
    {
      onlyReads: true,
      // Whoever is going to write to a lane locks it for that at once: two that share it could not both go on to.
      ...(newestConditions(settlements).length > 0
        ? { name: 'lock-conditions', text: `${generationsInOrder} FOR NO KEY UPDATE` }
        : { name: 'lock-generations', text: `${generationsInOrder} FOR SHARE` }),
    },
    [texts([...new Set(settlements.map((each) => each.endpointId))])],
  )
  return new Map(rows.map((row) => [row.endpoint_id, row.generation]))
}

function insertAttempts({ tell }: Session, settlements: readonly Settlement[]): void {
  const attempts = settlements.map((each) => each.attempt)
  tell(
    {
      name: 'insert-attempts',
      // An outcome whose commit was never answered is recorded again. It is known by when it was started.
      text: `INSERT INTO attempts (id, workspace_id, delivery_id, number, started_at, status, cause, detail, dns_ms,
          connect_ms, tls_ms, first_byte_ms, total_ms, response_headers, response_body, is_truncated, signed_at,
          signed_sha256, next_due_at)
        SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::int8[], $5::int8[], $6::int8[], $7::text[], $8::text[],
          $9::float8[], $10::float8[], $11::float8[], $12::float8[], $13::float8[], $14::text[], $15::text[], $16::int8[],
          $17::int8[], $18::text[], $19::int8[])
        ON CONFLICT (delivery_id, number, started_at) DO NOTHING`,
    },
    [
      texts(attempts.map((each) => each.id)),
      texts(settlements.map((each) => each.workspaceId)),
      texts(attempts.map((each) => each.deliveryId)),
      integers(attempts.map((each) => each.number)),
      integers(attempts.map((each) => each.startedAt)),
      integers(attempts.map((each) => each.status)),
      texts(attempts.map((each) => each.cause)),
      texts(attempts.map((each) => each.detail)),
      floats(attempts.map((each) => each.timing.dnsMs)),
      floats(attempts.map((each) => each.timing.connectMs)),
      floats(attempts.map((each) => each.timing.tlsMs)),
      floats(attempts.map((each) => each.timing.firstByteMs)),
      floats(attempts.map((each) => each.timing.totalMs)),
      texts(attempts.map((each) => JSON.stringify(each.responseHeaders))),
      texts(attempts.map((each) => each.responseBody)),
      integers(attempts.map((each) => Number(each.isTruncated))),
      integers(attempts.map((each) => each.signed?.timestamp ?? null)),
      texts(attempts.map((each) => each.signed?.sha256 ?? null)),
      integers(attempts.map((each) => each.nextDueAt ?? null)),
    ],
  )
}

/** Only pending ones: a delivery that was ended meanwhile (its endpoint deleted) stays as it ended. */
function updateDeliveries({ tell }: Session, settlements: readonly Settlement[]): void {
  const inOrder = [...settlements].sort((a, b) => (a.attempt.deliveryId < b.attempt.deliveryId ? -1 : 1))
  tell(
    {
      name: 'update-deliveries',
      text: `UPDATE deliveries SET status = next.status, due_at = next.due_at, attempts = next.attempts, tries = next.tries,
          cause = next.cause, ended_at = next.ended_at
        FROM unnest($1::text[], $2::int8[], $3::int8[], $4::int8[], $5::int8[], $6::text[], $7::int8[])
          AS next (id, status, due_at, attempts, tries, cause, ended_at)
        WHERE deliveries.id = next.id AND deliveries.status = 0 AND deliveries.attempts < next.attempts`,
    },
    [
      texts(inOrder.map((each) => each.attempt.deliveryId)),
      integers(inOrder.map((each) => stateNumber(each.status))),
      integers(inOrder.map((each) => each.dueAt)),
      integers(inOrder.map((each) => each.attempt.number)),
      integers(inOrder.map((each) => each.tries)),
      texts(inOrder.map((each) => each.attempt.cause)),
      integers(inOrder.map((each) => (each.status === 'pending' ? null : each.dueAt))),
    ],
  )
}
