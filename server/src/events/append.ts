import { command, groupCommand } from '../base/command.ts'
import type { NewEvent } from './event.ts'
import type { HeldBatch, LogStore, Released } from './log-store.ts'
import { idempotencyWindowMs, type Published } from './publication.ts'
import type { NewRequest, Receipt } from './request.ts'

/** How long a dedupe key is remembered. Never under eight days: Meta repeats for seven. */
export const dedupeWindowMs = 30 * 24 * 60 * 60 * 1000

/** Stores a request and its events; a repeat answers with what is stored already. */
export const appendRequest = groupCommand<{ log: LogStore }, NewRequest, Receipt>(
  'append-request',
  (tx, requests) => tx.log.appendRequests(requests, dedupeWindowMs),
  { weigh: ({ body, events }) => events.reduce((sum, event) => sum + weightOf(event), body?.byteLength ?? 0) },
)

/** What is released in one transaction: little enough that who appends for the source meanwhile hardly waits. */
export const heldBatch: HeldBatch = { requests: 100, bytes: 1024 * 1024 }

/** Makes the events of the oldest requests that a source holds, unless it is paused. */
export const releaseHeld = command<{ log: LogStore }, { sourceId: string }, Released>(
  'release-held',
  (tx, { sourceId }) => tx.log.releaseHeld(sourceId, heldBatch, dedupeWindowMs),
)

/** Stores an event that was published through the API; one whose key is known already is told of the first one. */
export const publishEvent = groupCommand<{ log: LogStore }, NewEvent, Published>(
  'publish-event',
  async (tx, events) => {
    const known = await tx.log.claimPublished(events, idempotencyWindowMs)
    const fresh = events.filter((_, i) => known[i] === undefined)
    const seqs = await tx.log.appendEvents(fresh)
    // Few have one, so they are not in the statement that all events share.
    for (const [i, { warning, receivedAt }] of fresh.entries()) {
      if (warning !== undefined) await tx.log.warn(seqs[i] ?? 0, receivedAt, warning)
    }
    const places = new Map(fresh.map(({ id }, i) => [id, seqs[i] ?? 0]))
    return events.map(({ id, dedupe }, i): Published => {
      const first = known[i]
      if (!first) return { id, seq: places.get(id) ?? 0 }
      return { id: first.eventId, seq: 0, repeats: { isSame: first.fingerprint === dedupe?.fingerprint } }
    })
  },
  { weigh: weightOf },
)

function weightOf({ data }: NewEvent): number {
  return data?.length ?? 0
}
