import type { Endpoint } from '@trunkline/sdk'
import type { Api } from './api.ts'
import { deliveryDetails } from './deliveries/details.ts'
import type { Retry } from './deliveries/retry.ts'
import { type Content, element, fill } from './parts/element.ts'
import { payload } from './parts/payload.ts'
import { writePlace } from './route.ts'

/** What is shown in the sheet. */
export interface Opened {
  title: string
  content: Content
  /** Brings it up to date. */
  refresh(): Promise<void>
}

export interface OpenNeeds {
  api: Api
  endpoint(id: string): Endpoint | undefined
  retry: Retry
}

/** Reads a delivery to be shown in full; the body of its event follows when it has come. */
export async function openDelivery(id: string, { api, endpoint, retry }: OpenNeeds): Promise<Opened> {
  const details = deliveryDetails(retry)
  const update = async () => {
    const delivery = await api.delivery(id)
    details.show(delivery, endpoint(delivery.endpointId))
    return delivery
  }
  const { eventId, eventType } = await update()
  const body = element('div', {}, element('p', { class: 'words' }, 'Loading…'))
  api
    .eventBody(eventId)
    .then(payload)
    .catch((error: Error) => element('p', { class: 'failure' }, error.message))
    .then((content) => fill(body, content))
  const link = element('a', { href: writePlace({ event: eventId }) }, eventId)
  return {
    title: eventType,
    content: [details.node, element('h3', { class: 'sheet-title' }, 'Event ', link), body],
    async refresh() {
      await update()
    },
  }
}
