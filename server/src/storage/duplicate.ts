import type { NewEvent } from '../events/event.ts'
import type { NewRequest, RequestEvents } from '../events/request.ts'

/** What keys of published events have in the place of a source; the key itself says whose it is. */
export const publishedSource = 'published'

/** An event that is published, as what asks for a key: its fingerprint stands where a request has its id. */
export const publishedAs = (event: NewEvent): RequestEvents => ({
  id: event.dedupe?.fingerprint ?? '',
  sourceId: publishedSource,
  receivedAt: event.receivedAt,
  body: null,
  events: [event],
})

/** The record of a request that repeats another one's events with other bytes: it is kept for the operator to look at. */
export function duplicateOf(request: NewRequest, firstRequestId: string): NewRequest {
  return {
    ...request,
    verdict: 'duplicate',
    cause: 'BODY_DIFFERS',
    detail: `The same event came before in ${firstRequestId}, with other bytes; no event was made.`,
  }
}

/** What the record of a held request says. */
export function heldOf<Request extends Pick<NewRequest, 'cause' | 'detail'>>(request: Request): Request {
  return { ...request, cause: 'HELD', detail: 'The source is paused: its events are made when it is resumed.' }
}

/** What the record of a held request says once it is clear that its events had been made before. */
export function repeatedIn(firstRequestId: string, bodyDiffers: boolean) {
  return {
    verdict: 'duplicate',
    cause: bodyDiffers ? 'BODY_DIFFERS' : 'REPEATED',
    detail: `The same event came before in ${firstRequestId}${bodyDiffers ? ', with other bytes' : ''}; no event was made.`,
    repeatOf: firstRequestId,
  }
}
