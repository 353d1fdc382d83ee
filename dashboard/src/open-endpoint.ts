import type { Endpoint } from '@trunkline/sdk'
import type { ReadEndpoint } from './api.ts'
import { deliveryRows } from './deliveries/row.ts'
import { checkResult } from './endpoints/check.ts'
import { type EndpointTurns, endpointButtons, endpointFacts, endpointStanding } from './endpoints/details.ts'
import { flowLines } from './endpoints/flow.ts'
import { nameOfEndpoint } from './endpoints/words.ts'
import type { Opened, OpenNeeds } from './opened.ts'
import { element, fill } from './parts/element.ts'
import { kept } from './parts/kept.ts'
import { keyedList } from './parts/keyed.ts'

const latest = 10

/** Reads an endpoint to be shown in full: how it stands, what can be done about it, and what was sent to it lately. */
export async function openEndpoint(id: string, { api, link, names, retry, refresh }: OpenNeeds): Promise<Opened> {
  const checked = element('div', { class: 'checked' })
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
      parts.show(await api.changeEndpoint(id, { status }))
      refresh()
    },
    async retryFailed() {
      await api.retryFailed(id)
      refresh()
    },
  }
  const parts = endpointParts(turns)
  const read = async () => {
    const [{ latestDeliveries, lastTriggeredAt, flow, ...endpoint }, { data }] = await Promise.all([
      api.endpoint(id),
      api.deliveries({ endpoint: id }),
    ])
    parts.show(endpoint)
    parts.showFlow(flow, endpoint)
    if (endpoint.url !== target.url) fill(checked)
    target = endpoint
    none.hidden = data.length > 0
    update(data.slice(0, latest))
    return endpoint
  }
  const title = nameOfEndpoint(await read())
  const heading = element('h3', { class: 'sheet-title' }, 'Latest deliveries')
  return {
    title,
    content: [...parts.above, checked, parts.facts, heading, none, list],
    async refresh() {
      await read()
    },
  }
}

/** What is shown of the endpoint itself, each part by itself: it is seen while deliveries to it come and go. */
function endpointParts(turns: EndpointTurns) {
  const [standing, flow, buttons, about] = [kept(), kept('flow'), kept('actions below'), kept()]
  return {
    above: [standing.node, flow.node, buttons.node],
    facts: about.node,
    show(endpoint: Endpoint) {
      const { status, statusReason, tls } = endpoint
      standing.show([status, statusReason], () => endpointStanding(endpoint))
      buttons.show([status, tls === null], () => endpointButtons(endpoint, turns))
      about.show(endpoint, () => endpointFacts(endpoint))
    },
    showFlow(now: ReadEndpoint['flow'], { status, concurrency }: Endpoint) {
      flow.show([now, status, concurrency], () => status === 'active' && flowLines(now, concurrency))
    },
  }
}
