import type { Request } from '@trunkline/sdk'
import { deliveryRows } from './deliveries/row.ts'
import { eventDetails } from './events/details.ts'
import { noDeliveries } from './events/words.ts'
import type { Opened, OpenNeeds } from './opened.ts'
import { element } from './parts/element.ts'
import { keyedList } from './parts/keyed.ts'
import { later } from './parts/later.ts'
import { payload } from './parts/payload.ts'

/** Reads an event to be shown in full, with its deliveries; its body follows when it has come. */
export async function openEvent(id: string, needs: OpenNeeds): Promise<Opened> {
  const { api, link, names, retry } = needs
  const { endpoint, sourceName } = names
  const event = await api.event(id)
  const readRequest = async (): Promise<Request | undefined> =>
    event.requestId === null ? undefined : api.request(event.requestId).catch(() => undefined)
  const request = await readRequest()
  let isFannedOut = isFannedOutBy(request, id)
  const none = element('p', { class: 'words' })
  const list = element('ul', { class: 'rows' })
  const update = keyedList(
    list,
    deliveryRows({ endpoint, retry, isBelowEvent: true, link: ({ id: delivery }) => link({ delivery }) }),
  )
  const show = async () => {
    const { data } = await api.deliveries({ event: id })
    none.hidden = data.length > 0
    none.textContent = noDeliveries(isFannedOut)
    update(data)
  }
  await show()
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
      later(api.eventBody(id).then((beginning) => payload({ beginning, size: beginning.size }))),
    ],
    async refresh() {
      // Before its deliveries are read: once it says that they are made, they are all there.
      if (isFannedOut === false) isFannedOut = isFannedOutBy(await readRequest(), id) ?? false
      await show()
    },
  }
}

/** Whether the deliveries of an event have been made; undefined when its request does not tell. */
const isFannedOutBy = (request: Request | undefined, eventId: string): boolean | undefined =>
  request?.events.find(({ id }) => id === eventId)?.isFannedOut
