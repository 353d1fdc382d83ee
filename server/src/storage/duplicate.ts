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
