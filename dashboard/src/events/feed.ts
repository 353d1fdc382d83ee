import type { EventHead } from '@trunkline/sdk'

/** So many rows are shown; more would make the page slow, and nobody reads them. */
export const feedRows = 200

/** The newest events as they come, at most so many of them, and what is waiting to be shown. */
export interface Feed {
  /** Events as they happened, the newest last. */
  add(events: readonly EventHead[]): void
  /** What the list holds, the newest first, of before the stream began; what has come since stands above it. */
  fillUp(events: readonly EventHead[]): void
  /** Newest first. What comes while it is held is kept apart. */
  shown(): readonly EventHead[]
  /** Held: what is shown stays as it is. */
  hold(isHeld: boolean): void
  isHeld(): boolean
  /** How many have come since it was held, those that are past showing included. */
  waiting(): number
  /** How many have come and gone without ever being shown, or have made room for newer ones. */
  leftOut(): number
  clear(): void
}

export function createFeed(most = feedRows): Feed {
  let shown: EventHead[] = []
  let held: EventHead[] = []
  let isHeld = false
  let waiting = 0
  let leftOut = 0

  /** Puts events before those that are there. */
  function put(newestFirst: readonly EventHead[], before: readonly EventHead[]): EventHead[] {
    const all = [...newestFirst, ...before]
    leftOut += Math.max(0, all.length - most)
    return all.slice(0, most)
  }

  return {
    add(events) {
      const known = new Set([...held, ...shown].map(({ id }) => id))
      const newestFirst = events.filter(({ id }) => !known.has(id)).toReversed()
      if (isHeld) {
        waiting += newestFirst.length
        held = put(newestFirst, held)
      } else shown = put(newestFirst, shown)
    },
    fillUp(events) {
      const listed = new Set(events.map(({ id }) => id))
      held = held.filter(({ id }) => !listed.has(id))
      shown = [...shown.filter(({ id }) => !listed.has(id)), ...events].slice(0, most)
    },
    shown: () => shown,
    hold(hold) {
      isHeld = hold
      if (hold) return
      shown = put(held, shown)
      held = []
      waiting = 0
    },
    isHeld: () => isHeld,
    waiting: () => waiting,
    leftOut: () => leftOut,
    clear() {
      shown = []
      held = []
      waiting = 0
      leftOut = 0
    },
  }
}
