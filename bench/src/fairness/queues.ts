import type { Dialect, Owners } from '../scale/rows.ts'

/** What an endpoint has waiting. */
export interface Queue {
  endpointId: string
  customer: string
  deliveries: number
}

/**
 * Due deliveries with their events, one INSERT … SELECT each for a queue, and word to the lanes that there is work. No
 * follower looks at events below nought, so nothing is made of them a second time.
 */
export function queueStatements(
  dialect: Dialect,
  queues: readonly Queue[],
  owners: Pick<Owners, 'workspaceId' | 'now' | 'timeOf'>,
): string[] {
  const filled = queues.filter(({ deliveries }) => deliveries > 0)
  if (filled.length === 0) return []
  let rows = 0
  const statements = filled.flatMap((queue) => {
    const from = rows
    rows += queue.deliveries
    return rowsOf(dialect, queue, from, owners)
  })
  const ids = filled.map(({ endpointId }) => `'${endpointId}'`).join(', ')
  return [...statements, `UPDATE lanes SET next_due = ${owners.now} WHERE endpoint_id IN (${ids})`]
}

/** As long in what waits as in what is published: shorter events would fill the gaps of older pages, one page each. */
export const filler = '.'.repeat(200)
const data = `{"waits":"${filler}"}`

/** Due one after the other, the last of them now. */
function rowsOf(
  { numbers, hex }: Dialect,
  { endpointId, customer, deliveries }: Queue,
  from: number,
  { workspaceId, now, timeOf }: Pick<Owners, 'workspaceId' | 'now' | 'timeOf'>,
): string[] {
  const time = timeOf(now)
  const counted = `(SELECT i + ${from} AS i FROM ${numbers(deliveries)}) AS counted`
  const dueAt = `${now - from - deliveries} + i`
  return [
    `INSERT INTO events (seq, id, workspace_id, customer, type, data, data_bytes, received_at)
      SELECT -i, 'evt_${time}' || ${hex}, '${workspaceId}', '${customer}', '${eventType}', '${data}', ${data.length}, ${now}
      FROM ${counted}`,
    `INSERT INTO deliveries (id, workspace_id, customer, endpoint_id, event_id, event_seq, event_type, status, due_at,
      created_at)
      SELECT 'dlv_${time}' || ${hex}, '${workspaceId}', '${customer}', '${endpointId}', 'evt_${time}' || ${hex}, -i,
      '${eventType}', 0, ${dueAt}, ${now} FROM ${counted}`,
  ]
}

/** The type of all events. Whose they are tells where they go. */
export const eventType = 'order.paid'
