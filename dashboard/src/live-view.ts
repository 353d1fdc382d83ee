import { type ApiError, isPassing } from './api-error.ts'
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
  /** The list of events was not to be had, and is read again with the rest of the page. */
  let isListDue = false
  let following = { source: place().source, stop: follow(place().source) }

  /** Follows the events of a source, or of all. */
  function follow(source: string | undefined): () => void {
    return api.follow(queryOf(source), {
      live(isAnew) {
        note(undefined)
        // The list is read once the stream stands: so nothing can fall between the two.
        if (isAnew) void fillUp(source)
      },
      event: panels.events.add,
      lost: () => note('Reconnecting…'),
      refused: fail,
    })
  }

  async function fillUp(source: string | undefined): Promise<void> {
    isListDue = false
    const list = await settle(api.events(queryOf(source)))
    // Another source may have been chosen meanwhile.
    if (following.source !== source) return
    if (list.kind === 'read') return panels.events.fillUp(list.items)
    isListDue = isPassing(list.fault)
    fail(list.fault)
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
        isListDue = false
        following = { source, stop: follow(source) }
      }
      panels.narrow()
    },
    async read({ status, endpoint }) {
      const query = { ...(status ? { status } : {}), ...(endpoint ? { endpoint } : {}) }
      const [deliveries] = await Promise.all([
        settle(api.deliveries(query)),
        isListDue ? fillUp(following.source) : undefined,
      ])
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

const queryOf = (source: string | undefined): { source?: string } => (source === undefined ? {} : { source })
