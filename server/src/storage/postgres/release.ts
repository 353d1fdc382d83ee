import type { NewEvent } from '../../events/event.ts'
import type { HeldBatch, Released } from '../../events/log-store.ts'
import type { NewRequest } from '../../events/request.ts'
import { repeatedIn } from '../duplicate.ts'
import type { heldEvents, Outcome } from '../held.ts'
import { texts } from './arrays.ts'
import { claimKeys } from './dedupe.ts'
import { noteRepeats } from './repeats.ts'
import type { Session } from './session.ts'
import { lookAgain } from './sweep-bodies.ts'

/**
 * Those of the requests' sources whose requests wait. Only they are locked: until the end of the transaction nobody can
 * find that such a source holds nothing more. Who waits for its lock looks again at what the one before has written.
 */
export async function holdingAmong({ ask }: Session, requests: readonly NewRequest[]): Promise<Set<string>> {
  const { rows } = await ask<{ id: string }>(
    {
      name: 'holding-sources',
      text: 'SELECT id FROM sources WHERE id = ANY ($1::text[]) AND holding > 0 FOR SHARE',
      onlyReads: true,
    },
    [texts([...new Set(requests.map(({ sourceId }) => sourceId))])],
  )
  return new Set(rows.map(({ id }) => id))
}

/** Gives back the keys that the events of these requests have just been given: they wait, and claim them later. */
export async function unclaim({ ask }: Session, requests: readonly NewRequest[]): Promise<void> {
  const events = requests.flatMap((request) => request.events).filter((event) => event.dedupe !== null)
  await ask('DELETE FROM dedupe_keys WHERE hash = ANY ($1::text[]::bigint[]) AND event_id = ANY ($2::text[])', [
    texts(events.map((event) => event.dedupe?.hash ?? null)),
    texts(events.map((event) => event.id)),
  ])
}

interface ReleaseNeeds extends ReturnType<typeof heldEvents> {
  makeEvents(events: readonly NewEvent[]): Promise<readonly number[]>
}

export async function releaseHeld(
  session: Session,
  held: ReleaseNeeds,
  sourceId: string,
  batch: HeldBatch,
  windowMs: number,
): Promise<Released> {
  const { rows } = await session.ask<{ holding: number }>('SELECT holding FROM sources WHERE id = $1 FOR UPDATE', [
    sourceId,
  ])
  if (rows[0]?.holding !== 2) return { requests: 0, events: 0, isDone: true }
  const requests = await held.oldest(sourceId, batch)
  const known = await claimKeys(session, requests, windowMs)
  const repeats = requests.flatMap((request, i) => {
    const first = (known[i] ?? []).filter((each) => each !== undefined)
    return first.length === request.events.length ? [{ request, first }] : []
  })
  const differs = await noteRepeats(session, repeats)
  const outcomes = requests.map((request): Outcome => {
    const at = repeats.findIndex((repeat) => repeat.request === request)
    const firstId = repeats[at]?.first[0]?.requestId
    if (firstId === undefined) return { request, cause: request.cause, detail: request.detail, repeatOf: null }
    return { request, ...repeatedIn(firstId, differs[at] ?? false) }
  })
  const events = requests.flatMap((request, i) => request.events.filter((_, k) => !known[i]?.[k]))
  await held.makeEvents(events)
  await lookAgain(session, events)
  await held.settle(sourceId, outcomes)
  return { requests: requests.length, events: events.length, isDone: await held.finish(sourceId) }
}
