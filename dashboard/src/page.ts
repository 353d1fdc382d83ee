import type { Delivery, Endpoint, Source } from '@trunkline/sdk'
import type { Api } from './api.ts'
import type { ApiError } from './api-error.ts'
import { type Opened, openDelivery } from './open-delivery.ts'
import { openEvent } from './open-event.ts'
import { openPanels } from './panels.ts'
import { sheet as createSheet } from './parts/dialog.ts'
import { element } from './parts/element.ts'
import { poll } from './poll.ts'
import { type Place, readPlace, writePlace } from './route.ts'
import { faultsIn, readSnapshot } from './snapshot.ts'

const everyMs = 3000

export interface PageNeeds {
  api: Api
  /** The key is not accepted any more. */
  onRefused(): void
  /** Says what keeps the page from being up to date; undefined when nothing does. */
  note(fault: string | undefined): void
}

/** The page behind the key: what came in, what went out, and how it is going. Answers what closes it. */
export function openPage(main: HTMLElement, { api, onRefused, note }: PageNeeds): () => void {
  let place = readPlace(location.hash)
  let sources = new Map<string, Source>()
  let endpoints = new Map<string, Endpoint>()
  const endpoint = (id: string) => endpoints.get(id)
  const sourceName = (id: string) => sources.get(id)?.name ?? id

  const panels = openPanels(main, { place: () => place, endpoint, sourceName, retry })
  let hasShown = false
  let pollFault: string | undefined
  let streamFault: string | undefined
  const say = () => note(streamFault ?? pollFault)
  let refreshOpened: (() => Promise<void>) | undefined
  const sheet = createSheet(() => {
    refreshOpened = undefined
    if (place.delivery ?? place.event) location.hash = writePlace(under(place))
  })

  const polling = poll(async () => {
    const asked = place
    const snapshot = await readSnapshot(api, asked)
    const faults = faultsIn(snapshot)
    if (faults.some(({ status }) => status === 401)) return onRefused()
    // What was asked for is not wanted any more: the next reading is on its way.
    if (asked !== place) return
    pollFault = faults.find(isPassing)?.message
    say()
    if (snapshot.sources.kind === 'read') sources = byId(snapshot.sources.items)
    if (snapshot.endpoints.kind === 'read') endpoints = byId(snapshot.endpoints.items)
    panels.show(snapshot)
    if (!hasShown) start()
    await refreshOpened?.().catch((error: Error) => note(error.message))
  }, everyMs)

  let following = { source: place.source, stop: follow(place.source) }

  /** Follows the events of a source, or of all. */
  function follow(source: string | undefined): () => void {
    const query = source === undefined ? {} : { source }
    return api.follow(query, {
      live(isAnew) {
        streamFault = undefined
        say()
        // The list is read once the stream stands: so nothing can fall between the two.
        if (isAnew) api.events(query).then(({ data }) => panels.events.fillUp(data), fail)
      },
      event: panels.events.add,
      lost() {
        streamFault = 'Reconnecting…'
        say()
      },
      refused: fail,
    })
  }

  function fail(fault: ApiError): void {
    if (fault.status === 401) onRefused()
    else panels.failEvents(fault.message)
  }

  async function retry(delivery: Delivery): Promise<string | undefined> {
    try {
      await api.retry(delivery.id)
      polling.now()
      return undefined
    } catch (error) {
      return (error as Error).message
    }
  }

  async function open(): Promise<void> {
    const asked = readPlace(location.hash)
    place = asked
    if (following.source !== asked.source) {
      following.stop()
      panels.events.clear()
      following = { source: asked.source, stop: follow(asked.source) }
    }
    panels.events.redraw()
    polling.now()
    refreshOpened = undefined
    if (asked.delivery === undefined && asked.event === undefined) return sheet.close()
    const opened = await read(asked)
    // Somebody may have gone on meanwhile.
    if (asked !== place) return
    sheet.open(opened.title, opened.content)
    refreshOpened = opened.refresh
  }

  async function read(asked: Place): Promise<Opened> {
    const needs = { api, endpoint, sourceName, retry }
    try {
      return await (asked.delivery === undefined
        ? openEvent(asked.event ?? '', needs)
        : openDelivery(asked.delivery, needs))
    } catch (error) {
      const content = element('p', { class: 'failure' }, (error as Error).message)
      return { title: 'That cannot be shown', content, refresh: async () => {} }
    }
  }

  // What the address names is opened when the names of sources and endpoints are known.
  function start(): void {
    hasShown = true
    if (place.delivery ?? place.event) void open()
  }

  const onHash = () => void open()
  addEventListener('hashchange', onHash)

  return () => {
    polling.stop()
    following.stop()
    panels.events.stop()
    removeEventListener('hashchange', onHash)
    sheet.remove()
    main.replaceChildren()
  }
}

/** The place below what is opened over it. */
function under({ delivery: _, event: __, ...rest }: Place): Place {
  return rest
}

/** Nothing answered, or a server that says it will be back. */
const isPassing = ({ status }: ApiError): boolean => status === 0 || status >= 500

const byId = <Item extends { id: string }>(items: readonly Item[]): Map<string, Item> =>
  new Map(items.map((each) => [each.id, each]))
