import { deliveryRows } from './deliveries/row.ts'
import { eventDetails } from './events/details.ts'
import type { Opened, OpenNeeds } from './open-delivery.ts'
import { element } from './parts/element.ts'
import { keyedList } from './parts/keyed.ts'
import { payload } from './parts/payload.ts'
import { writePlace } from './route.ts'

export interface OpenEventNeeds extends OpenNeeds {
  sourceName(id: string): string
}

/** Reads an event to be shown in full, with its body and its deliveries. */
export async function openEvent(id: string, needs: OpenEventNeeds): Promise<Opened> {
  const { api, endpoint, retry, sourceName } = needs
  const [event, body] = await Promise.all([api.event(id), api.eventBody(id)])
  const request = event.requestId === null ? undefined : await api.request(event.requestId).catch(() => undefined)
  const none = element('p', { class: 'words' }, 'It went to no endpoint: none asked for its type.')
  const list = element('ul', { class: 'rows' })
  const update = keyedList(list, deliveryRows({ endpoint, retry, link: ({ id }) => writePlace({ delivery: id }) }))
  const refresh = async () => {
    const { data } = await api.deliveries({ event: id })
    none.hidden = data.length > 0
    update(data)
  }
  await refresh()
  const title = (text: string) => element('h3', { class: 'sheet-title' }, text)
  return {
    title: event.type,
    content: [
      eventDetails(event, request, event.sourceId && sourceName(event.sourceId)),
      title('Deliveries'),
      none,
      list,
      title('Body'),
      await payload(body),
    ],
    refresh,
  }
}
