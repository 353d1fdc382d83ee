import type { ApiError } from './api-error.ts'
import { openPanels } from './panels.ts'
import { faultOf, settle } from './read.ts'
import type { View, ViewNeeds } from './view.ts'

export interface LiveViewNeeds extends ViewNeeds {
  /** Says what keeps the events from coming; undefined when nothing does. */
  note(fault: string | undefined): void
  /** The key is not accepted any more. */
  onRefused(): void
}

/** What comes in and what goes out, as it happens. It goes on while another part of the page is shown. */
export function liveView(needs: LiveViewNeeds): View {
  const { api, names, place, note, onRefused } = needs
  const panels = openPanels(needs)
  let following = { source: place().source, stop: follow(place().source) }

  /** Follows the events of a source, or of all. */
  function follow(source: string | undefined): () => void {
    const query = source === undefined ? {} : { source }
    return api.follow(query, {
      live(isAnew) {
        note(undefined)
        // The list is read once the stream stands: so nothing can fall between the two.
        if (isAnew) api.events(query).then(({ data }) => panels.events.fillUp(data), fail)
      },
      event: panels.events.add,
      lost: () => note('Reconnecting…'),
      refused: fail,
    })
  }

  function fail(fault: ApiError): void {
    if (fault.status === 401) onRefused()
    else panels.failEvents(fault.message)
  }

  return {
    node: panels.node,
    go({ source }) {
      if (following.source !== source) {
        following.stop()
        panels.events.clear()
        following = { source, stop: follow(source) }
      }
      panels.narrow()
    },
    async read({ status, endpoint }) {
      const query = { ...(status ? { status } : {}), ...(endpoint ? { endpoint } : {}) }
      const deliveries = await settle(api.deliveries(query))
      return {
        faults: faultOf(deliveries),
        show: () => panels.show({ deliveries, sources: names.sources(), endpoints: names.endpoints() }),
      }
    },
    stop() {
      following.stop()
      panels.events.stop()
    },
  }
}
