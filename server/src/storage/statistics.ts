import { lowestId, timeOfId } from '../base/id.ts'
import type { DeliveryStatus } from '../outbound/delivery/delivery.ts'
import type { Counted, CountedDeliveries, QueuedWork, Span, StatisticsReads } from '../outbound/delivery/statistics.ts'
import { dayOf } from './days.ts'
import type { Rows } from './retention/sweep-walk.ts'

const hourMs = 60 * 60 * 1000
const states: readonly DeliveryStatus[] = ['pending', 'waiting', 'success', 'failed']

/**
 * Numbers that are counted when somebody asks, so that a delivery costs nothing for them. The newest rows are counted, by
 * their index, and no more of them than are counted soon; the answer says from when on that is all there is.
 */
export function statisticsReads(rows: Rows): StatisticsReads {
  return {
    async deliveries(workspaceId, of, span, most) {
      const from = await countedFrom(rows, workspaceId, of, span, most.deliveries)
      const counted = await countsOf(rows, workspaceId, of, { ...span, from })
      return {
        from,
        to: span.to,
        counted,
        tookMs: await tookMs(rows, workspaceId, of, { ...span, from }, most.attempts),
      }
    },
    async queue(workspaceId, now, most) {
      const endpoints = await queued(rows, workspaceId, now, most)
      const total = endpoints.reduce((sum, { due, delayed, behind }) => sum + due + delayed + behind, 0)
      return { endpoints, oldestDueAt: await oldestDue(rows, workspaceId, now), isAtLeast: total >= most }
    },
  }
}

/** The rows of a span by the index of their endpoint, or of the workspace. A customer's are looked for among all. */
function within(workspaceId: string, { endpointId }: CountedDeliveries, { from, to }: Span) {
  const [column, id] = endpointId === undefined ? ['workspace_id', workspaceId] : ['endpoint_id', endpointId]
  return {
    text: `${column} = ? AND id >= ? AND id < ?`,
    values: [id, lowestId('delivery', from), lowestId('delivery', to)],
  }
}

/** And those among them that are meant. The endpoint's workspace is asked for in a way that uses no other index. */
function meant(workspaceId: string, { endpointId, customer }: CountedDeliveries) {
  const asked: [string, string][] = []
  if (endpointId !== undefined) asked.push([`workspace_id || '' = ?`, workspaceId])
  if (customer !== undefined) asked.push([`customer || '' = ?`, customer])
  return { text: asked.map(([text]) => ` AND ${text}`).join(''), values: asked.map(([, value]) => value) }
}

async function countedFrom(
  rows: Rows,
  workspaceId: string,
  of: CountedDeliveries,
  span: Span,
  most: number,
): Promise<number> {
  const { text, values } = within(workspaceId, of, span)
  const [row] = await rows.all<{ id: string }>(
    `SELECT id FROM deliveries WHERE ${text} ORDER BY id DESC LIMIT 1 OFFSET ${most}`,
    values,
  )
  // Of those that were made in the same millisecond some are beyond the bound.
  const beyond = row && timeOfId('delivery', row.id)
  return beyond === undefined ? span.from : beyond + 1
}

async function countsOf(rows: Rows, workspaceId: string, of: CountedDeliveries, span: Span): Promise<Counted[]> {
  const [place, filter] = [within(workspaceId, of, span), meant(workspaceId, of)]
  const found = await rows.all<{ hour: number; status: number; tried: number; n: number }>(
    `SELECT created_at / ${hourMs} AS hour, status, CASE WHEN attempts > 0 THEN 1 ELSE 0 END AS tried, count(*) AS n
     FROM deliveries WHERE ${place.text}${filter.text} GROUP BY 1, 2, 3`,
    [...place.values, ...filter.values],
  )
  return found.map(({ hour, status, tried, n }) => ({
    hour: Number(hour) * hourMs,
    status: states[Number(status)] ?? 'failed',
    isTried: Number(tried) === 1,
    count: Number(n),
  }))
}

async function tookMs(
  rows: Rows,
  workspaceId: string,
  of: CountedDeliveries,
  span: Span,
  most: number,
): Promise<number[]> {
  const [place, filter] = [within(workspaceId, of, span), meant(workspaceId, of)]
  const latest = await rows.all<{ id: string }>(
    `SELECT id FROM deliveries WHERE ${place.text}${filter.text} ORDER BY id DESC LIMIT ${most}`,
    [...place.values, ...filter.values],
  )
  const oldest = latest.at(-1)?.id
  if (oldest === undefined) return []
  const found = await rows.all<{ took: number }>(
    // None was made before its delivery was: that spares PostgreSQL the days before.
    `SELECT a.total_ms AS took FROM (SELECT id FROM deliveries WHERE ${place.text}${filter.text}
       ORDER BY id DESC LIMIT ${most}) AS latest JOIN attempts AS a ON a.delivery_id = latest.id AND a.started_at >= ?
     ORDER BY a.total_ms LIMIT ${most * 10}`,
    [...place.values, ...filter.values, dayOf('delivery', oldest).from],
  )
  return found.map(({ took }) => Number(took))
}

async function queued(rows: Rows, workspaceId: string, now: number, most: number): Promise<QueuedWork[]> {
  const endpoints = new Map<string, QueuedWork>()
  const count = (
    { endpoint_id: endpointId, concurrency, held, n }: CountedWork,
    kind: 'due' | 'delayed' | 'behind',
  ) => {
    const plain = {
      endpointId,
      concurrency: Number(concurrency),
      isHeld: Number(held) === 1,
      due: 0,
      delayed: 0,
      behind: 0,
    }
    const work = endpoints.get(endpointId) ?? plain
    endpoints.set(endpointId, { ...work, [kind]: work[kind] + Number(n) })
  }
  for (const row of await work(rows, workspaceId, 0, now, most)) count(row, Number(row.later) === 1 ? 'delayed' : 'due')
  for (const row of await work(rows, workspaceId, 1, now, most)) count(row, 'behind')
  return [...endpoints.values()]
}

interface CountedWork {
  endpoint_id: string
  concurrency: number
  held: number
  later: number
  n: number
}

/** Deliveries that stand so, by endpoint. The status is written out: only so the index of those that stand so is used. */
function work(
  rows: Rows,
  workspaceId: string,
  status: 0 | 1,
  now: number,
  most: number,
): Promise<readonly CountedWork[]> {
  return rows.all<CountedWork>(
    `SELECT endpoint_id, concurrency, held, later, count(*) AS n FROM (
       SELECT e.id AS endpoint_id, e.concurrency, CASE WHEN l.state = 'active' AND l.owner IS NOT NULL THEN 1 ELSE 0 END AS held,
         CASE WHEN d.due_at > ? THEN 1 ELSE 0 END AS later
       FROM endpoints AS e JOIN lanes AS l ON l.endpoint_id = e.id
       JOIN deliveries AS d ON d.endpoint_id = e.id AND d.status = ${status}
       WHERE e.workspace_id = ? AND e.deleted_at IS NULL LIMIT ${most}) AS work
     GROUP BY endpoint_id, concurrency, held, later`,
    [now, workspaceId],
  )
}

/** One look into the queue of each endpoint, however long it is. */
async function oldestDue(rows: Rows, workspaceId: string, now: number): Promise<number | null> {
  const [row] = await rows.all<{ due: number | null }>(
    `SELECT min(due) AS due FROM (SELECT (SELECT min(d.due_at) FROM deliveries AS d
       WHERE d.endpoint_id = e.id AND d.status = 0) AS due
     FROM endpoints AS e WHERE e.workspace_id = ? AND e.deleted_at IS NULL) AS queues`,
    [workspaceId],
  )
  const due = row?.due === null || row?.due === undefined ? null : Number(row.due)
  return due !== null && due <= now ? due : null
}
