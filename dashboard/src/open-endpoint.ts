import type { Endpoint } from '@trunkline/sdk'
import { deliveryRows } from './deliveries/row.ts'
import { checkResult } from './endpoints/check.ts'
import { type EndpointTurns, endpointButtons, endpointFacts, endpointStanding } from './endpoints/details.ts'
import { nameOfEndpoint } from './endpoints/words.ts'
import type { Opened, OpenNeeds } from './opened.ts'
import { element, fill } from './parts/element.ts'
import { keyedList } from './parts/keyed.ts'

/** Reads an endpoint to be shown in full: how it stands, what can be done about it, and what was sent to it lately. */
export async function openEndpoint(id: string, { api, link, names, retry, refresh }: OpenNeeds): Promise<Opened> {
  const head = element('div')
  const buttons = element('div', { class: 'actions below' })
  const checked = element('div', { class: 'checked' })
  const about = element('div')
  const none = element('p', { class: 'words' }, 'Nothing has been sent to it yet.')
  const list = element('ul', { class: 'rows' })
  const update = keyedList(
    list,
    deliveryRows({ endpoint: names.endpoint, retry, link: ({ id: delivery }) => link({ delivery }) }),
  )
  let target = { url: '', customer: null as string | null }
  const turns: EndpointTurns = {
    async check() {
      fill(checked, checkResult(await api.checkUrl(target)))
    },
    async setStatus(status) {
      show(await api.changeEndpoint(id, { status }))
      refresh()
    },
    async retryFailed() {
      await api.retryFailed(id)
      refresh()
    },
  }
  let shown = ''
  const show = (endpoint: Endpoint) => {
    const text = JSON.stringify(endpoint)
    // Left alone while nothing changes: a refresh must not take the focus from a button, or a selection away.
    if (text !== shown) {
      fill(head, endpointStanding(endpoint))
      fill(buttons, endpointButtons(endpoint, turns))
      fill(about, endpointFacts(endpoint))
    }
    if (endpoint.url !== target.url) fill(checked)
    target = endpoint
    shown = text
  }
  const read = async () => {
    const [endpoint, { data }] = await Promise.all([api.endpoint(id), api.deliveries({ endpoint: id })])
    show(endpoint)
    none.hidden = data.length > 0
    update(data.slice(0, latest))
    return endpoint
  }
  return {
    title: nameOfEndpoint(await read()),
    content: [head, buttons, checked, about, element('h3', { class: 'sheet-title' }, 'Latest deliveries'), none, list],
    async refresh() {
      await read()
    },
  }
}

const latest = 10
