import type { Endpoint } from '@trunkline/sdk'
import type { Api } from './api.ts'
import { deliveryDetails } from './deliveries/details.ts'
import type { Retry } from './deliveries/retry.ts'
import type { Sheet } from './parts/dialog.ts'
import { element, fill } from './parts/element.ts'
import { payload } from './parts/payload.ts'

/** What opened things need to know of the page. */
export interface OpenNeeds {
  api: Api
  sheet: Sheet
  endpoint(id: string): Endpoint | undefined
  retry: Retry
}

/** Opens a delivery. Answers what brings it up to date. */
export async function openDelivery(
  id: string,
  { api, sheet, endpoint, retry }: OpenNeeds,
): Promise<() => Promise<void>> {
  const details = deliveryDetails(retry)
  const body = element('div', {}, element('p', { class: 'words' }, 'Loading…'))
  const update = async () => {
    const delivery = await api.delivery(id)
    details.show(delivery, endpoint(delivery.endpointId))
    return delivery
  }
  const { eventId, eventType } = await update()
  const link = element('a', { href: `#event=${encodeURIComponent(eventId)}` }, eventId)
  sheet.open(eventType, details.node, element('h3', { class: 'sheet-title' }, 'Event ', link), body)
  try {
    fill(body, await payload(await api.eventBody(eventId)))
  } catch (error) {
    fill(body, element('p', { class: 'failure' }, (error as Error).message))
  }
  return async () => {
    await update()
  }
}
