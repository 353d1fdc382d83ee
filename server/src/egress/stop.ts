/** Something that can be told to stop. */
export interface Stoppable {
  stop(): void
}

// One listener a signal, not one an order: a signal's own listeners are a list that is walked for every one that is
// added or removed, and hundreds of orders share the signal of the shutdown.
const watched = new WeakMap<AbortSignal, Set<Stoppable>>()

/** Stops it when the signal aborts; the answer ends the watch. */
export function stopOn(signal: AbortSignal, one: Stoppable): () => void {
  let all = watched.get(signal)
  if (!all) {
    const fresh = new Set<Stoppable>()
    watched.set(signal, fresh)
    signal.addEventListener('abort', () => stopAll(fresh), { once: true })
    all = fresh
  }
  const set = all.add(one)
  return () => set.delete(one)
}

function stopAll(all: Set<Stoppable>): void {
  for (const one of [...all]) one.stop()
}
