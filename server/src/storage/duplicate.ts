import type { NewRequest } from '../events/request.ts'

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
