import type { Api } from './api.ts'
import { isPassing } from './api-error.ts'
import { openPauseLine } from './deliveries/pause.ts'
import { jobsView } from './jobs/view.ts'
import { liveView } from './live-view.ts'
import { createNames } from './names.ts'
import { openDelivery } from './open-delivery.ts'
import { openEndpoint } from './open-endpoint.ts'
import { openEvent } from './open-event.ts'
import { openJob } from './open-job.ts'
import { openParked } from './open-parked.ts'
import { openRequest } from './open-request.ts'
import type { Opened, OpenNeeds } from './opened.ts'
import { openParkedCount } from './parked/count.ts'
import { parkedView } from './parked/view.ts'
import { sheet as createSheet } from './parts/dialog.ts'
import { element } from './parts/element.ts'
import { poll } from './poll.ts'
import { requestsView } from './requests/view.ts'
import {
  type Openable,
  openIn,
  opening,
  type Place,
  readPlace,
  under,
  type View as ViewName,
  writePlace,
} from './route.ts'
import type { View, ViewNeeds } from './view.ts'
import { viewLinks } from './views.ts'

/** Jobs move while one looks. */
const everyMs = ({ view }: Place): number => (view === 'jobs' ? 1000 : 3000)

export interface PageNeeds {
  api: Api
  /** The key is not accepted any more. */
  onRefused(): void
  /** Says what keeps the page from being up to date; undefined when nothing does. */
  note(fault: string | undefined): void
}

const openers: Record<Openable, (id: string, needs: OpenNeeds) => Promise<Opened>> = {
  delivery: openDelivery,
  event: openEvent,
  request: openRequest,
  parkedEvent: openParked,
  job: openJob,
  shownEndpoint: openEndpoint,
}

/** The page behind the key: what came in, what went out, and how it is going. Answers what closes it. */
export function openPage(main: HTMLElement, nav: HTMLElement, { api, onRefused, note }: PageNeeds): () => void {
  let place = placeNow()
  let hasShown = false
  let pollFault: string | undefined
  let streamFault: string | undefined
  let refreshOpened: (() => Promise<void>) | undefined
  const say = () => note(streamFault ?? pollFault)

  const names = createNames(api)
  const needs: ViewNeeds = {
    api,
    names,
    place: placeNow,
    go: (href) => {
      location.hash = href
    },
    refresh: () => polling.now(),
    async retry({ id }) {
      await api.retry(id)
      polling.now()
    },
  }
  const live = liveView({
    ...needs,
    onRefused,
    note(fault) {
      streamFault = fault
      say()
    },
  })
  const views: Record<ViewName, View> = {
    live,
    requests: requestsView(needs),
    parked: parkedView(needs),
    jobs: jobsView(needs),
  }
  const shownView = () => views[place.view ?? 'live']
  const links = viewLinks(nav)
  const parkedCount = openParkedCount(api)
  const pauseLine = openPauseLine(api)
  const sheet = createSheet(() => {
    refreshOpened = undefined
    // The browser tells it late: somebody may have gone on, and must not be brought back.
    const here = placeNow()
    if (openIn(here)) location.hash = writePlace(under(here))
  })

  const polling = poll(
    async () => {
      const asked = place
      const [known, own] = await Promise.all([
        names.read(),
        shownView().read(asked),
        parkedCount.read(),
        pauseLine.read(),
      ])
      const faults = [...known, ...own.faults]
      if (faults.some(({ status }) => status === 401)) return onRefused()
      // What was asked for is not wanted any more: the next reading is on its way.
      if (asked !== place) return
      pollFault = faults.find(isPassing)?.message
      say()
      own.show()
      showViews()
      if (!hasShown) start()
      await refreshOpened?.().catch((error: Error) => note(error.message))
    },
    () => everyMs(place),
  )

  function showViews(): void {
    links.show(place, { parked: parkedCount.words() })
    // Hidden, not taken away: where a list was scrolled to is kept.
    for (const { node } of Object.values(views)) node.hidden = node !== shownView().node
  }

  async function open(): Promise<void> {
    const asked = placeNow()
    const isElsewhere = (asked.view ?? 'live') !== (place.view ?? 'live')
    place = asked
    for (const view of Object.values(views)) view.go?.(asked)
    showViews()
    if (isElsewhere) scrollTo(0, 0)
    polling.now()
    refreshOpened = undefined
    if (!openIn(asked)) return sheet.close()
    const opened = await read(asked)
    // Somebody may have gone on meanwhile.
    if (asked !== place) return
    sheet.open(opened.title, opened.content)
    refreshOpened = opened.refresh
  }

  async function read(asked: Place): Promise<Opened> {
    try {
      const { what, id } = openIn(asked) ?? { what: 'event', id: '' }
      return await openers[what](id, { ...needs, link: (other) => opening(asked, other) })
    } catch (error) {
      const content = element('p', { class: 'failure' }, (error as Error).message)
      return { title: 'That cannot be shown', content, refresh: async () => {} }
    }
  }

  // What the address names is opened when the names of sources and endpoints are known.
  function start(): void {
    hasShown = true
    if (openIn(place)) void open()
  }

  const onHash = () => void open()
  addEventListener('hashchange', onHash)
  main.replaceChildren(pauseLine.node, ...Object.values(views).map(({ node }) => node))
  showViews()

  return () => {
    polling.stop()
    for (const each of Object.values(views)) each.stop?.()
    removeEventListener('hashchange', onHash)
    sheet.remove()
    main.replaceChildren()
    nav.replaceChildren()
  }
}

/** Not the place that was taken in last: who goes on twice in one breath goes the second time from the first. */
const placeNow = (): Place => readPlace(location.hash)
