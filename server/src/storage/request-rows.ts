import type { Selectable } from 'kysely'
import type { ReceivedRequest, RequestVerdict } from '../events/request.ts'
import type { RequestRow } from './tables.ts'

/** The columns of a request's record: all but its body, which may be large. */
export const recordColumns = [
  'id',
  'workspace_id',
  'source_id',
  'received_at',
  'method',
  'url',
  'headers',
  'body_bytes',
  'sender_address',
  'verdict',
  'cause',
  'detail',
  'repeat_of',
  'read_ms',
  'verify_ms',
  'parse_ms',
  'accepted_at',
] as const satisfies readonly (keyof RequestRow)[]

/** A request's record as its row has it. */
export function toRecord(
  row: Pick<Selectable<RequestRow>, (typeof recordColumns)[number]>,
): Omit<ReceivedRequest, 'body'> {
  return {
    id: row.id,
    workspaceId: row.workspace_id,
    sourceId: row.source_id,
    receivedAt: row.received_at,
    method: row.method,
    url: row.url,
    headers: JSON.parse(row.headers) as [string, string][],
    bodyBytes: row.body_bytes,
    senderAddress: row.sender_address,
    verdict: row.verdict as RequestVerdict,
    cause: row.cause,
    detail: row.detail,
    repeatOf: row.repeat_of,
    readMs: row.read_ms,
    verifyMs: row.verify_ms,
    parseMs: row.parse_ms,
    acceptedAt: row.accepted_at,
  }
}
