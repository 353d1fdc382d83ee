import type { Event, LoggedEvent } from '../events/event.ts'
import { erasedOf } from './rows.ts'
import type { EventRow } from './tables.ts'

/** The columns of an event without its data. */
export const head = [
  'seq',
  'id',
  'workspace_id',
  'customer',
  'source_id',
  'request_id',
  'type',
  'subject',
  'order_key',
  'received_at',
  'erased_at',
  'warning',
] as const

/** A row of an event without its data. */
export type EventColumns = Omit<
  { [Name in keyof EventRow]: EventRow[Name] },
  'seq' | 'data' | 'data_bytes' | 'erased_at' | 'warning' | 'hops'
> & {
  seq: number
  erased_at?: number | null
  warning?: string | null
}

export function toHead(row: EventColumns): Omit<Event, 'data'> {
  return {
    seq: row.seq,
    id: row.id,
    workspaceId: row.workspace_id,
    customer: row.customer,
    sourceId: row.source_id,
    requestId: row.request_id,
    type: row.type,
    subject: row.subject,
    orderKey: row.order_key,
    receivedAt: row.received_at,
    ...erasedOf(row),
    ...(typeof row.warning === 'string' ? { warning: row.warning } : {}),
  }
}

export function toEvent(row: EventColumns & { data: string | null }): Event {
  return { ...toHead(row), data: row.data }
}

/** Reads a row of which the data may be left out. */
export function toLogged(row: EventColumns & { data?: string | null; data_bytes: number }): LoggedEvent {
  return { ...toHead(row), data: row.data ?? null, dataBytes: row.data_bytes }
}
