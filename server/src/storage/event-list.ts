import type { Kysely } from 'kysely'
import { timeOfId } from '../base/id.ts'
import type { EventFilter, LogReads } from '../events/log-store.ts'
import { dayMs, dayOf } from './days.ts'
import { head, toHead } from './event-rows.ts'
import { matcher, type NarrowEvent } from './event-scan.ts'
import { lookBack } from './look-back.ts'
import type { Tables } from './tables.ts'

/**
 * What an engine knows of when the events at the places of its log were received. Places rise as events are appended: what a
 * source held stands behind what came later.
 */
export interface LogTimes {
  /** Each day's events are a table of their own, which a statement that names the days spares itself. */
  hasDays: boolean
  /** A place behind which nothing is that was received before then; undefined where that cannot be told soon. */
  endOf?(ms: number): Promise<number | undefined>
  /** Whether everything that was received since then stands behind a place; false where that cannot be told soon. */
  isBehind?(ms: number, seq: number): Promise<boolean>
}

/** An id is made a moment before or after the time that its row carries. */
const asideMs = 60 * 60 * 1000

/**
 * A workspace's events, newest first. They are found by the index of one thing that is asked for; the rest is looked at in the
 * rows, in bounded steps: what hardly ever fits would otherwise be sought through the whole log in one statement.
 */
export function eventList(db: Kysely<Tables>, times: LogTimes): Pick<LogReads, 'listEvents'> {
  return {
    async listEvents(workspaceId, filter, page) {
      const { from, to } = filter
      const end = to === undefined || page.after !== null ? undefined : await times.endOf?.(to)
      const start = end === undefined ? null : String(end + 1)
      let isAsked = false
      const { rows, next } = await lookBack<NarrowEvent>(
        {
          rows: (after, limit) => narrow(db, times, workspaceId, filter, after ?? start, limit),
          position: ({ seq }) => String(seq),
          madeAt,
          ...(isNarrowed(filter) ? { fits: matcher(filter) } : {}),
          async isOver(looked) {
            // That these are older says nothing of the next ones, which may have been appended before a source released these.
            if (from === undefined || isAsked || looked.some((row) => madeAt(row) >= from)) return false
            isAsked = true
            return (await times.isBehind?.(from, looked.at(-1)?.seq ?? 0)) ?? false
          },
        },
        page,
      )
      return { rows: await headsOf(db, rows), next }
    },
  }
}

const madeAt = ({ id }: { id: string }): number => timeOfId('event', id) ?? 0

async function headsOf(db: Kysely<Tables>, found: readonly NarrowEvent[]) {
  if (found.length === 0) return []
  const days = found.map(({ id }) => dayOf('event', id))
  const rows = await db
    .selectFrom('events')
    .select(head)
    .where(
      'seq',
      'in',
      found.map(({ seq }) => seq),
    )
    .where('received_at', '>=', Math.min(...days.map(({ from }) => from)))
    .where('received_at', '<', Math.max(...days.map(({ to }) => to)))
    .orderBy('seq', 'desc')
    .execute()
  return rows.map(toHead)
}

/** Whether more is asked for than the index tells. */
function isNarrowed({ type, sourceId, customer, from, to }: EventFilter): boolean {
  const exact = [type, sourceId, customer].filter((each) => each !== undefined).length
  return exact > 1 || type?.endsWith('.*') === true || from !== undefined || to !== undefined
}

function narrow(
  db: Kysely<Tables>,
  { hasDays }: LogTimes,
  workspaceId: string,
  { type, sourceId, customer, from, to }: EventFilter,
  after: string | null,
  limit: number,
): Promise<NarrowEvent[]> {
  let query = db
    .selectFrom('events')
    .select(['seq', 'id', 'customer', 'source_id', 'type'])
    .where('workspace_id', '=', workspaceId)
    .orderBy('seq', 'desc')
    .limit(limit)
  // One of them, the one that is likely to say most: two would be one index and a search.
  if (customer !== undefined) query = query.where('customer', '=', customer)
  else if (type !== undefined && !type.endsWith('.*')) query = query.where('type', '=', type)
  else if (sourceId !== undefined) query = query.where('source_id', '=', sourceId)
  if (after !== null) query = query.where('seq', '<', Number(after))
  // Whole days: they leave tables out, and nothing within one.
  if (hasDays && from !== undefined)
    query = query.where('received_at', '>=', Math.floor((from - asideMs) / dayMs) * dayMs)
  if (hasDays && to !== undefined) query = query.where('received_at', '<', Math.ceil((to + asideMs) / dayMs) * dayMs)
  return query.execute()
}
