import { newId } from '../base/id.ts'
import { type NewEvent, ownTypePrefix } from './event.ts'

/** News of the server about itself: `ownEvent({ type: 'endpoint.created', … })` becomes `trunkline.endpoint.created`. */
export function ownEvent(news: {
  workspaceId: string
  customer: string | null
  type: string
  subject: string
  data: Readonly<Record<string, unknown>>
  now: number
}): NewEvent & { data: string } {
  return {
    id: newId('event', news.now),
    workspaceId: news.workspaceId,
    customer: news.customer,
    sourceId: null,
    requestId: null,
    type: ownTypePrefix + news.type,
    subject: news.subject,
    orderKey: null,
    data: JSON.stringify(news.data),
    receivedAt: news.now,
    dedupe: null,
  }
}
