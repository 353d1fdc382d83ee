import type { RequestHead, RequestQuery } from '@trunkline/sdk'
import { ApiError } from '../api-error.ts'
import { actionButton } from '../parts/action.ts'
import { element } from '../parts/element.ts'
import { filterLinks } from '../parts/filter.ts'
import { drawnInFrames } from '../parts/frame.ts'
import { holdOf } from '../parts/hold.ts'
import { panel } from '../parts/panel.ts'
import { time } from '../parts/time.ts'
import { opening, type Place, writePlace } from '../route.ts'
import type { Reading, View, ViewNeeds } from '../view.ts'
import { requestChoices, requestSearch } from './filter.ts'
import { createPaging, type Paging } from './paging.ts'
import { requestRows } from './row.ts'

/** The requests that came in, newest first, with the fields that narrow them. */
export function requestsView({ api, names, place, go, refresh }: ViewNeeds): View {
  const paging = createPaging()
  const filter = filterLinks('Which requests')
  /** A search takes the server some work: it is done once, and again when it is asked for. */
  let searched: string | undefined
  const search = requestSearch({
    place,
    go,
    again() {
      searched = undefined
      refresh()
    },
  })
  const news = element('button', { type: 'button', class: 'news', hidden: true, click: () => hold.release() })
  const list = panel<RequestHead>(
    'requests',
    'Requests',
    requestRows({ sourceName: names.sourceName, link: ({ id }) => opening(place(), { request: id }) }),
    filter.node,
    search.node,
    news,
  )
  const hold = holdOf(list.list, list.node, () => {
    paging.hold(hold.isHeld())
    // Not at once: a row that is being taken away tells that it has lost the focus, and the list is half drawn then.
    frames.request()
  })
  const frames = drawnInFrames(draw)
  const further = element('div', { class: 'more', hidden: true }, actionButton({ label: 'Show more', run: older }))
  let asked = ''

  function narrow(at: Place): void {
    filter.show(requestChoices(at))
    const sources = names.sources()
    search.show(at, sources.kind === 'read' ? sources.items : [])
  }

  function draw(): void {
    narrow(place())
    const waiting = paging.waiting()
    news.hidden = waiting === 0
    if (waiting > 0) news.textContent = `Show ${waiting} new`
    list.show(paging.shown(), empty(place(), paging), null, asked)
    further.hidden = paging.cursor() === null
  }

  async function older(): Promise<void> {
    const cursor = paging.cursor()
    const before = asked
    if (cursor === null) return
    const page = await api.requests({ ...queryOf(place()), cursor })
    // Another list is wanted by now.
    if (before !== asked) return
    paging.older(page)
    draw()
  }

  return {
    node: element('div', { class: 'one' }, list.node, further),
    go: narrow,
    stop: () => frames.stop(),
    async read(at): Promise<Reading> {
      const query = JSON.stringify(queryOf(at))
      if (at.text !== undefined && searched === query) return { faults: [], show: draw }
      try {
        const page = await api.requests(queryOf(at))
        return {
          faults: [],
          show() {
            if (asked !== query) paging.clear()
            asked = query
            searched = query
            paging.newest(page)
            draw()
          },
        }
      } catch (error) {
        if (!(error instanceof ApiError)) throw error
        return { faults: [error], show: () => error.status !== 0 && list.fail(error.message) }
      }
    },
  }
}

function queryOf({ source, verdict, cause, sender, text }: Place): RequestQuery {
  const given = Object.entries({ source, verdict, cause, sender, text }).filter(([, value]) => value !== undefined)
  return Object.fromEntries(given)
}

/** What is said when there is no row. */
function empty({ source, ...rest }: Place, paging: Paging): HTMLElement {
  const lookedBackTo = paging.lookedBackTo()
  if (lookedBackTo !== null) return element('p', {}, 'Nothing like that since ', time(lookedBackTo), '.')
  const isNarrowed = [rest.verdict, rest.cause, rest.sender, rest.text].some((each) => each !== undefined)
  if (isNarrowed) return element('p', {}, 'No request is like that. ', element('a', { href: all }, 'Show all'), '.')
  return element(
    'div',
    {},
    element('p', {}, source === undefined ? 'Nothing has come in yet.' : 'Nothing has come to this source yet.'),
    element(
      'p',
      {},
      'Enter the URL of a source at its provider and let something happen there; whatever comes to it is shown here, also what is refused. The sources and their URLs stand under ',
      element('a', { href: writePlace({}) }, 'Live'),
      '.',
    ),
  )
}

const all = writePlace({ view: 'requests' })
