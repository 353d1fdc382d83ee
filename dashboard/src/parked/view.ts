import type { ParkedEvent } from '@trunkline/sdk'
import { actionButton } from '../parts/action.ts'
import { type Content, element, fill } from '../parts/element.ts'
import { type Choice, filterLinks } from '../parts/filter.ts'
import { panel } from '../parts/panel.ts'
import { faultOf, settle } from '../read.ts'
import { filtering, opening, type Place } from '../route.ts'
import type { View, ViewNeeds } from '../view.ts'
import { outcomesOf } from './outcome.ts'
import { parkedRows } from './row.ts'
import { states } from './words.ts'

/** In the address, for every state: none means those that somebody has to do something about. */
const everyState = 'any'

/** The events that a follower could not handle, and the way to have them handled after all. */
export function parkedView({ api, place, refresh }: ViewNeeds): View {
  const filter = filterLinks('Which parked events')
  const result = element('div', { class: 'result', role: 'status' })
  const run = (isDry: boolean) => async () => {
    fill(result, outcomesOf(await api.rerunAll(queryOf(place()), isDry), isDry))
    if (!isDry) refresh()
  }
  const tools = element(
    'div',
    { class: 'actions', hidden: true },
    actionButton({ label: 'Try all of them first', run: run(true) }),
    actionButton({ label: 'Run all again', question: 'Run all of them?', run: run(false) }),
  )
  const narrow = (at: Place) => filter.show(choices(at))
  let shown = ''
  const list = panel<ParkedEvent>(
    'parked',
    'Parked events',
    parkedRows(({ id }) => opening(place(), { parkedEvent: id })),
    filter.node,
    tools,
    result,
  )
  return {
    node: element('div', { class: 'one' }, list.node),
    go: narrow,
    async read(at) {
      const parked = await settle(api.parkedEvents(queryOf(at)))
      return {
        faults: faultOf(parked),
        show() {
          narrow(at)
          const query = JSON.stringify(queryOf(at))
          // What came of a run is of no interest beside another list.
          if (query !== shown) fill(result)
          shown = query
          tools.hidden = !isRunnable(at) || parked.kind !== 'read' || parked.items.length === 0
          if (parked.kind === 'read') {
            const below = parked.hasMore ? more(parked.items.length) : null
            list.show(parked.items, empty(at), below, query)
          } else if (parked.fault.status !== 0) list.fail(parked.fault.message)
        },
      }
    },
  }
}

/** Only what has failed can be run. */
const isRunnable = ({ state = 'parked' }: Place): boolean => state === 'parked' || state === 'retrying'

function queryOf({ state = 'parked', follower }: Place) {
  return {
    ...(state === everyState ? {} : { state }),
    ...(follower === undefined ? {} : { follower }),
  }
}

function choices(place: Place): Choice[] {
  const { state = 'parked', follower } = place
  return [
    ...states.map((each) => ({
      label: each,
      href: filtering(place, { state: each === 'parked' ? undefined : each }),
      isCurrent: each === state,
    })),
    { label: 'all', href: filtering(place, { state: everyState }), isCurrent: state === everyState },
    ...(follower === undefined
      ? []
      : [{ label: `by ${follower} ✕`, href: filtering(place, { follower: undefined }), isCurrent: true }]),
  ]
}

function empty({ state = 'parked' }: Place): HTMLElement {
  if (state !== 'parked') return element('p', {}, 'No event is like that.')
  return element(
    'p',
    {},
    'No event is parked. An event that cannot be handled is tried again for ten minutes; what fails until then stands here, with the error, to be run again once that is mended.',
  )
}

const more = (count: number): Content =>
  element('p', {}, `The newest ${count} are shown; the API and the command line have the rest.`)
