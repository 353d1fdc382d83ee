import type { Server } from 'node:http'
import type { Clock } from '../base/clock.ts'
import type { Log } from '../base/log.ts'
import type { Meter } from '../base/meter.ts'

/** How often connections that were turned away are logged. */
const toldEveryMs = 1000
/** How often idle ones are looked for: a flood of new ones must not cost more than that. */
const clearedEveryMs = 100

/**
 * Lets a server have so many connections and no more: each takes memory and a file. One too many is closed at once, and with
 * it those that only wait for another request, so that there is room for whoever comes again.
 */
export function limitConnections(
  server: Server,
  { most, clock, journal, meter }: { most: number; clock: Pick<Clock, 'elapsed'>; journal: Log; meter: Meter },
): void {
  let toldAt = Number.NEGATIVE_INFINITY
  let clearedAt = Number.NEGATIVE_INFINITY
  server.maxConnections = most
  server.on('drop', () => {
    meter.add('trunkline_connections_dropped_total', 1)
    const now = clock.elapsed()
    if (now - clearedAt >= clearedEveryMs) {
      clearedAt = now
      server.closeIdleConnections()
    }
    if (now - toldAt >= toldEveryMs) {
      toldAt = now
      journal.warn('connections.full', { most })
    }
  })
}
