import type { Delivery, Endpoint, EventHead, Source } from '@trunkline/sdk'
import { shownRows } from './api.ts'
import { deliveryChoices } from './deliveries/filter.ts'
import { deliveryRows } from './deliveries/row.ts'
import { endpointRows } from './endpoints/row.ts'
import { eventChoices } from './events/filter.ts'
import { type LiveEvents, liveEvents } from './events/live.ts'
import { eventRows } from './events/row.ts'
import { guide } from './guide.ts'
import { type Content, element } from './parts/element.ts'
import { filterLinks } from './parts/filter.ts'
import { type Panel, panel } from './parts/panel.ts'
import { time } from './parts/time.ts'
import type { Read } from './read.ts'
import { filtering, opening, type Place } from './route.ts'
import { sourceRows } from './sources/row.ts'
import type { ViewNeeds } from './view.ts'

/** What is shown beside the events. */
export interface Snapshot {
  sources: Read<Source>
  endpoints: Read<Endpoint>
  deliveries: Read<Delivery>
}

/** The lists of what is live. */
export interface Panels {
  node: HTMLElement
  show(snapshot: Snapshot): void
  /** Draws anew what tells which events and deliveries are shown. */
  narrow(): void
  events: LiveEvents
  /** Says in the place of the events why there are none. */
  failEvents(message: string): void
}

/** Makes the lists and the first steps. */
export function openPanels({ place, names, retry }: Pick<ViewNeeds, 'place' | 'names' | 'retry'>): Panels {
  const { endpoint, endpointName, sourceName } = names
  const steps = guide()
  const deliveryFilter = filterLinks('Which deliveries')
  const eventFilter = filterLinks('Which events')
  const deliveries = panel<Delivery>(
    'deliveries',
    'Deliveries',
    deliveryRows({ endpoint, retry, link: ({ id }) => opening(place(), { delivery: id }) }),
    deliveryFilter.node,
  )
  const liveTools = element('div', { class: 'live-tools' })
  const events = panel<EventHead>(
    'events',
    'Events',
    eventRows({ sourceName, link: ({ id }) => opening(place(), { event: id }) }),
    eventFilter.node,
    liveTools,
  )
  let eventsFault: string | undefined
  const live = liveEvents({
    list: events.list,
    area: events.node,
    show: (items, below) => {
      if (eventsFault !== undefined) return events.fail(eventsFault)
      events.show(
        items,
        element('p', {}, place().source ? 'Nothing has come from this source yet.' : 'Nothing has happened yet.'),
        below === '' ? null : element('p', {}, below),
      )
    },
  })
  liveTools.append(live.tools)
  const sources = panel<Source>(
    'sources',
    'Sources',
    sourceRows({ isChosen: (id) => place().source === id, link: ({ id }) => choosing(place(), 'source', id) }),
  )
  const endpoints = panel<Endpoint>(
    'endpoints',
    'Endpoints',
    endpointRows({
      isChosen: (id) => place().endpoint === id,
      link: ({ id }) => choosing(place(), 'endpoint', id),
      details: ({ id }) => opening(place(), { shownEndpoint: id }),
    }),
  )
  const node = element(
    'div',
    {},
    steps.node,
    element(
      'div',
      { class: 'columns' },
      events.node,
      deliveries.node,
      element('div', { class: 'stack' }, sources.node, endpoints.node),
    ),
  )
  const narrow = () => {
    deliveryFilter.show(deliveryChoices(place(), endpointName))
    eventFilter.show(eventChoices(place(), sourceName))
    live.redraw()
  }
  const show = (snapshot: Snapshot) => {
    const { status, endpoint: chosen } = place()
    narrow()
    steps.show(progressOf(snapshot, live.hasEvent(), status !== undefined || chosen !== undefined))
    showIn(
      deliveries,
      snapshot.deliveries,
      status || chosen ? 'No delivery is like that.' : 'Nothing has been sent out yet.',
      `${status} ${chosen}`,
    )
    showIn(sources, snapshot.sources, 'There are none yet: a source is the URL that a provider posts to.')
    showIn(endpoints, snapshot.endpoints, 'There are none yet: an endpoint is where events are delivered to.')
  }
  return {
    node,
    show,
    narrow,
    events: {
      ...live,
      fillUp(events) {
        eventsFault = undefined
        live.fillUp(events)
      },
      clear() {
        eventsFault = undefined
        live.clear()
      },
    },
    failEvents(message) {
      eventsFault = message
      live.redraw()
    },
  }
}

function showIn<Item>(into: Panel<Item>, read: Read<Item>, empty: string, of = ''): void {
  if (read.kind === 'read')
    into.show(
      read.items,
      // A search looks through so much at a time.
      read.lookedBackTo
        ? element('p', {}, 'Nothing like that since ', time(read.lookedBackTo), '.')
        : element('p', {}, empty),
      read.hasMore && read.items.length > 0 ? more(read.items.length) : null,
      of,
    )
  // Without an answer the last one stays: old news is better than none, and the line at the top says that it is old.
  else if (read.fault.status !== 0) into.fail(read.fault.message)
}

const more = (count: number): Content =>
  element(
    'p',
    {},
    `The newest ${count} are shown${count === shownRows ? '; the API and the command line have the rest' : ''}.`,
  )

/** How far the first steps have been gone; undefined once something has been delivered. */
function progressOf({ deliveries, sources, endpoints }: Snapshot, hasEvent: boolean, isFiltered: boolean) {
  if (isFiltered || deliveries.kind !== 'read' || deliveries.items.length > 0) return undefined
  if (sources.kind !== 'read' || endpoints.kind !== 'read') return undefined
  return {
    source: sources.items[0],
    hasEndpoint: endpoints.items.length > 0,
    hasEvent,
  }
}

/** Chooses a source or an endpoint to filter by; chosen again, it is let go. */
function choosing(place: Place, name: 'source' | 'endpoint', id: string): string {
  return filtering(place, { [name]: place[name] === id ? undefined : id })
}
