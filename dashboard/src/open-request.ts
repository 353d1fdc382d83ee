import type { Delivery, MadeEvent, Request } from '@trunkline/sdk'
import type { Api } from './api.ts'
import { deliveryRows } from './deliveries/row.ts'
import type { Opened, OpenNeeds } from './opened.ts'
import { type Content, element, fill } from './parts/element.ts'
import { keyedList } from './parts/keyed.ts'
import { payload } from './parts/payload.ts'
import { requestFacts, requestHeaders, requestNotes, requestStanding } from './requests/details.ts'
import { madeEventRows, noEvents } from './requests/events.ts'
import { stageBars } from './requests/stages.ts'
import { takeButtons } from './requests/take.ts'
import { writePlace } from './route.ts'

/** So many events have their deliveries listed below them; of the others there are the numbers. */
const mostListed = 5

/** Reads a request to be shown in full: whether it was genuine, what came of it, and what it was. */
export async function openRequest(id: string, needs: OpenNeeds): Promise<Opened> {
  const { api, link, names } = needs
  const head = element('div')
  const stages = element('div')
  const none = element('p', { class: 'words' })
  const events = madeEvents(needs)
  let shown = ''
  const show = async (request: Request) => {
    const text = JSON.stringify({ ...request, events: null, stages: null })
    // Left alone while nothing changes: a refresh must not take the focus, or a selection, away.
    if (text !== shown) fill(head, standing(request))
    shown = text
    fill(stages, stageBars(request))
    fill(none, request.events.length === 0 && noEvents(request))
    none.hidden = request.events.length > 0
    await events.show(request.events)
  }
  const standing = (request: Request): Content => [
    requestStanding(request),
    requestNotes(request),
    requestFacts(request, names.sourceName(request.sourceId), {
      request: (other) => link({ request: other }),
      sender: (sender) => writePlace({ view: 'requests', sender }),
    }),
  ]
  const request = await api.request(id)
  await show(request)
  return {
    title: `Request from ${names.sourceName(request.sourceId)}`,
    content: [
      head,
      title('What came of it'),
      none,
      events.node,
      title('Time by stage'),
      stages,
      title('Body'),
      ...(await body(request, api)),
      title('Headers'),
      requestHeaders(request),
    ],
    async refresh() {
      // Each reading of a refused one has the server look anew for what is wrong with it.
      if (request.verdict !== 'quarantined') await show(await api.request(id))
    },
  }
}

/** The events made, the first few with their deliveries below them. */
function madeEvents({ api, link, names, retry }: OpenNeeds) {
  const node = element('ul', { class: 'rows' })
  const lists = new Map<string, { node: HTMLElement; update(deliveries: readonly Delivery[]): void }>()
  const listOf = (id: string) => {
    const known = lists.get(id)
    if (known) return known
    const list = element('ul', { class: 'rows nested' })
    const rows = deliveryRows({
      endpoint: names.endpoint,
      retry,
      isBelowEvent: true,
      link: ({ id: delivery }) => link({ delivery }),
    })
    const made = { node: list, update: keyedList(list, rows) }
    lists.set(id, made)
    return made
  }
  const update = keyedList(
    node,
    madeEventRows({ link: ({ id: event }) => link({ event }), deliveries: ({ id }) => lists.get(id)?.node }),
  )
  return {
    node,
    async show(events: readonly MadeEvent[]) {
      const listed = events.slice(0, mostListed).filter(({ isFannedOut }) => isFannedOut)
      const pages = await Promise.all(listed.map(({ id }) => api.deliveries({ event: id }).catch(() => undefined)))
      for (const [i, { id }] of listed.entries()) listOf(id).update(pages[i]?.data ?? [])
      update(events)
    },
  }
}

async function body(request: Request, api: Api): Promise<Content[]> {
  const { id, body, bodyBytes, erasedAt } = request
  if (body === null) {
    return [element('p', { class: 'words' }, whyNoBody(bodyBytes, erasedAt))]
  }
  const fetchAll = () => api.requestBody(id)
  const beginning = new Blob([body.text ?? bytesOf(body.base64 ?? '')])
  const ending = { json: 'json', text: 'txt', form: 'txt', binary: 'bin' }[body.kind]
  return [
    takeButtons({ id, ending, body: fetchAll, curl: () => api.requestCurl(id) }),
    await payload({ beginning, size: bodyBytes, isBinary: body.kind === 'binary', whole: fetchAll }),
  ]
}

const bytesOf = (base64: string): Uint8Array<ArrayBuffer> => Uint8Array.from(atob(base64), (each) => each.charCodeAt(0))

const title = (text: string): HTMLElement => element('h3', { class: 'sheet-title' }, text)

function whyNoBody(bytes: number, erasedAt: string | null): string {
  if (bytes === 0) return 'There is no body.'
  return erasedAt === null ? 'The body was not kept.' : 'The body was removed.'
}
