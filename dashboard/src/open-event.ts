import { deliveryRows } from './deliveries/row.ts'
import { eventDetails } from './events/details.ts'
import type { Opened, OpenNeeds } from './opened.ts'
import { element } from './parts/element.ts'
import { keyedList } from './parts/keyed.ts'
import { payload } from './parts/payload.ts'

/** Reads an event to be shown in full, with its body and its deliveries. */
export async function openEvent(id: string, needs: OpenNeeds): Promise<Opened> {
  const { api, link, names, retry } = needs
  const { endpoint, sourceName } = names
  const [event, body] = await Promise.all([api.event(id), api.eventBody(id)])
  const request = event.requestId === null ? undefined : await api.request(event.requestId).catch(() => undefined)
  const none = element('p', { class: 'words' }, 'It went to no endpoint: none asked for its type.')
  const list = element('ul', { class: 'rows' })
  const update = keyedList(
    list,
    deliveryRows({ endpoint, retry, isBelowEvent: true, link: ({ id: delivery }) => link({ delivery }) }),
  )
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
      eventDetails(event, request, {
        sourceName: event.sourceId && sourceName(event.sourceId),
        requestLink: event.requestId && link({ request: event.requestId }),
      }),
      title('Deliveries'),
      none,
      list,
      title('Body'),
      await payload({ beginning: body, size: body.size }),
    ],
    refresh,
  }
}
