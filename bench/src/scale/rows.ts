/** What a database is filled with. */
export interface Amounts {
  /** Deliveries that are done. */
  finished: number
  /** Due deliveries of an endpoint that is paused. */
  paused: number
  /** Provider ids that are known. */
  keys: number
  /** Due deliveries, with their events, for the endpoint that is measured. */
  pending: number
}

/** Whose rows they are. */
export interface Owners {
  workspaceId: string
  /** The endpoint that is measured; one in a hundred of the finished deliveries is its. */
  endpointId: string
  pausedId: string
  sourceId: string
  now: number
  /** The ten characters of an id that tell its time, for so many milliseconds. */
  timeOf(ms: number): string
}

/** Where the two databases part: how to count, and how to write what was counted. */
export interface Dialect {
  /** A table of one column, `i`. */
  numbers(count: number): string
  hex: string
  random63: string
}

export const dialects: Readonly<Record<'sqlite' | 'postgres', Dialect>> = {
  sqlite: {
    numbers: (count) =>
      `(WITH RECURSIVE counted (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM counted WHERE i < ${count}) SELECT i FROM counted)`,
    hex: `printf('%016x', i)`,
    random63: '(random() & 9223372036854775807)',
  },
  postgres: {
    numbers: (count) => `generate_series(1::bigint, ${count}) AS numbers (i)`,
    hex: `lpad(to_hex(i), 16, '0')`,
    random63: '(random() * 9223372036854775807)::bigint',
  },
}

/** Far above what the server has numbered by itself, so that the two never meet. */
const firstSeq = 1_000_000_000
const hourMs = 60 * 60 * 1000
const dedupeWindowMs = 30 * 24 * hourMs

/** One INSERT … SELECT for each kind of row; none for what there is none of. */
export function fillStatements(dialect: Dialect, amounts: Amounts, owners: Owners): string[] {
  const statements = [
    { count: amounts.finished, text: finishedDeliveries },
    { count: amounts.paused, text: pausedDeliveries },
    { count: amounts.keys, text: dedupeKeys },
    { count: amounts.pending, text: pendingEvents },
    { count: amounts.pending, text: pendingDeliveries },
  ]
  return statements.filter(({ count }) => count > 0).map(({ count, text }) => text(dialect, count, owners))
}

const deliveryColumns = `id, workspace_id, endpoint_id, event_id, event_seq, event_type, status, due_at, attempts, tries,
  created_at, ended_at`

/** Spread over a hundred endpoints, made within the hour before the last, in the order of their ids as always. */
function finishedDeliveries({ numbers, hex }: Dialect, count: number, owners: Owners): string {
  const { workspaceId, endpointId, now, timeOf } = owners
  const time = timeOf(now - 2 * hourMs)
  const at = `${now - 2 * hourMs} + i * ${hourMs} / ${count}`
  return `INSERT INTO deliveries (${deliveryColumns})
    SELECT 'dlv_${time}' || ${hex}, '${workspaceId}',
      CASE i % 100 WHEN 0 THEN '${endpointId}' ELSE 'ep_${time}00000000000000' || CAST(10 + i % 90 AS text) END,
      'evt_${time}' || ${hex}, i, 'github.push', 2, ${at}, 1, 1, ${at}, ${at} FROM ${numbers(count)}`
}

function pausedDeliveries({ numbers, hex }: Dialect, count: number, owners: Owners): string {
  const { workspaceId, pausedId, now, timeOf } = owners
  const time = timeOf(now - 3 * hourMs)
  const at = `${now - 3 * hourMs} + i * ${hourMs} / ${count}`
  return `INSERT INTO deliveries (${deliveryColumns})
    SELECT 'dlv_${time}' || ${hex}, '${workspaceId}', '${pausedId}', 'evt_${time}' || ${hex}, i, 'github.push', 0, ${at},
      0, 0, ${at}, NULL FROM ${numbers(count)}`
}

/** Hashes in any order, as they come: sorted ones would leave the index denser than it ever is. */
function dedupeKeys(
  { numbers, hex, random63 }: Dialect,
  count: number,
  owners: Pick<Owners, 'sourceId' | 'now' | 'timeOf'>,
): string {
  const { sourceId, now, timeOf } = owners
  const time = timeOf(now - 2 * hourMs)
  return `INSERT INTO dedupe_keys (hash, n, source_id, key, event_id, request_id, expires_at)
    SELECT ${random63}, 0, '${sourceId}', 'known-' || ${hex} || '-4000-8000', 'evt_${time}' || ${hex},
      'req_${time}' || ${hex}, ${now - 2 * hourMs + dedupeWindowMs} + i * ${hourMs} / ${count} FROM ${numbers(count)}`
}

/** Events that were received within the hour before the last, and their providers' ids. No follower looks below nought. */
export function storedEvents(
  dialect: Dialect,
  count: number,
  owners: Pick<Owners, 'workspaceId' | 'sourceId' | 'now' | 'timeOf'>,
): string[] {
  const { workspaceId, sourceId, now, timeOf } = owners
  const { numbers, hex } = dialect
  const time = timeOf(now - 2 * hourMs)
  const data = `{"slot":"${'.'.repeat(200)}"}`
  return [
    `INSERT INTO events (seq, id, workspace_id, source_id, request_id, type, data, data_bytes, received_at)
      SELECT i - ${count}, 'evt_${time}' || ${hex}, '${workspaceId}', '${sourceId}', 'req_${time}' || ${hex},
        'github.push', '${data}', ${data.length}, ${now - 2 * hourMs} + i * ${hourMs} / ${count} FROM ${numbers(count)}`,
    dedupeKeys(dialect, count, owners),
  ]
}

function pendingEvents({ numbers, hex }: Dialect, count: number, owners: Owners): string {
  const { workspaceId, sourceId, now, timeOf } = owners
  const time = timeOf(now)
  const data = `{"slot":"${'.'.repeat(1013)}"}`
  return `INSERT INTO events (seq, id, workspace_id, source_id, request_id, type, data, data_bytes, received_at)
    SELECT ${firstSeq} + i, 'evt_${time}' || ${hex}, '${workspaceId}', '${sourceId}', 'req_${time}' || ${hex},
      'github.push', '${data}', ${data.length}, ${now} FROM ${numbers(count)}`
}

function pendingDeliveries({ numbers, hex }: Dialect, count: number, owners: Owners): string {
  const { workspaceId, endpointId, now, timeOf } = owners
  const time = timeOf(now)
  return `INSERT INTO deliveries (${deliveryColumns})
    SELECT 'dlv_${time}' || ${hex}, '${workspaceId}', '${endpointId}', 'evt_${time}' || ${hex}, ${firstSeq} + i,
      'github.push', 0, ${now} + i, 0, 0, ${now}, NULL FROM ${numbers(count)}`
}
