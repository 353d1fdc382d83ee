import { deliveryRows } from './deliveries/row.ts'
import { eventDetails } from './events/details.ts'
import type { OpenNeeds } from './open-delivery.ts'
import { element } from './parts/element.ts'
import { keyedList } from './parts/keyed.ts'
import { payload } from './parts/payload.ts'

export interface OpenEventNeeds extends OpenNeeds {
  sourceName(id: string): string
}

/** Opens an event with its body and its deliveries. Answers what brings it up to date. */
export async function openEvent(id: string, needs: OpenEventNeeds): Promise<() => Promise<void>> {
  const { api, sheet, endpoint, retry, sourceName } = needs
  const [event, body] = await Promise.all([api.event(id), api.eventBody(id)])
  const request = event.requestId === null ? undefined : await api.request(event.requestId).catch(() => undefined)
  const none = element('p', { class: 'words' }, 'It went to no endpoint: none asked for its type.')
  const list = element('ul', { class: 'rows' })
  const link = ({ id }: { id: string }) => `#delivery=${encodeURIComponent(id)}`
  const update = keyedList(list, deliveryRows({ endpoint, link, retry }))
  const refresh = async () => {
    const { data } = await api.deliveries({ event: id })
    none.hidden = data.length > 0
    update(data)
  }
  await refresh()
  sheet.open(
    event.type,
    eventDetails(event, request, event.sourceId && sourceName(event.sourceId)),
    element('h3', { class: 'sheet-title' }, 'Deliveries'),
    none,
    list,
    element('h3', { class: 'sheet-title' }, 'Body'),
    await payload(body),
  )
  return refresh
}
