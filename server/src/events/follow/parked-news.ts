import type { Event, NewEvent } from '../event.ts'
import { ownTypePrefix } from '../event.ts'
import { ownEvent } from '../own-event.ts'
import { type ParkedEvent, parkedId } from './parked.ts'

/** What the type of such news is after the prefix. */
const type = 'event.parked'

/**
 * The news that an event is parked for good, without what is in it. Of news of this kind itself nothing is told: where
 * nothing can be fanned out, one would follow the other for ever.
 */
export function parkedNews({ row, event }: { row: ParkedEvent; event: Event | undefined }, now: number) {
  if (row.eventType === ownTypePrefix + type) return undefined
  const { eventId, follower, eventType, cause, attempts } = row
  const news: NewEvent = ownEvent({
    workspaceId: row.workspaceId,
    customer: event?.customer ?? null,
    type,
    subject: parkedId(row),
    data: { id: parkedId(row), eventId, follower, eventType, cause, attempts },
    now,
  })
  return news
}
