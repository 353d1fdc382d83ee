import { deliveryDetails } from './deliveries/details.ts'
import type { Opened, OpenNeeds } from './opened.ts'
import { element } from './parts/element.ts'
import { later } from './parts/later.ts'
import { payload } from './parts/payload.ts'

/** Reads a delivery to be shown in full; the body of its event follows when it has come. */
export async function openDelivery(id: string, { api, link, names, retry }: OpenNeeds): Promise<Opened> {
  const details = deliveryDetails(retry)
  const update = async () => {
    const delivery = await api.delivery(id)
    details.show(delivery, names.endpoint(delivery.endpointId))
    return delivery
  }
  const { eventId, eventType } = await update()
  const body = later(api.eventBody(eventId).then((beginning) => payload({ beginning, size: beginning.size })))
  const toEvent = element('a', { href: link({ event: eventId }) }, eventId)
  return {
    title: eventType,
    content: [details.node, element('h3', { class: 'sheet-title' }, 'Event ', toEvent), body],
    async refresh() {
      await update()
    },
  }
}
