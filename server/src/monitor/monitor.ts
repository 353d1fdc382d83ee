import type { Clock } from '../base/clock.ts'
import type { Facts, Log } from '../base/log.ts'
import { type Meter, silentMeter } from '../base/meter.ts'
import type { Egress } from '../egress/exchange.ts'
import type { Destination } from './destination.ts'
import { keyOf, type Report, reportOf } from './report.ts'

export interface MonitorNeeds {
  destinations: readonly Destination[]
  /** A way out of its own, which may reach private addresses: it is only ever given the URLs that the operator set. */
  egress: Egress
  clock: Clock
}

/** Tells an error monitor of the faults that the log tells of. It is in nobody's way, and what it cannot tell is dropped. */
export interface Monitor {
  /** A log that tells the monitor too. */
  watch(journal: Log): Log
  /** From here on it is counted what is sent and dropped. */
  measure(meter: Meter): void
  /** Looks what has been held back for long enough. */
  tick(): void
  /** Sends what there is, for at most so long, and ends. */
  close(withinMs?: number): Promise<void>
}

/** The same place and message is told once in this time, with how many there were. */
const quietMs = 60_000
/** Different ones in this time; more are dropped. */
const mostAMinute = 60
const mostKnown = 500
const mostQueued = 100
const timeoutMs = 5000
const tickMs = 5000
const flushMs = 2000

/** A report that was sent, and how many of the same have come since. */
interface Known {
  sentAt: number
  held: Report | undefined
}

export function createMonitor({ destinations, egress, clock }: MonitorNeeds): Monitor {
  const known = new Map<string, Known>()
  const queue: Report[] = []
  const stop = new AbortController()
  let meter = silentMeter
  let minute = { began: clock.elapsed(), reports: 0 }
  let sending: Promise<void> | undefined
  let isClosed = false
  const timer = setInterval(tick, tickMs)
  timer.unref()

  function note(event: string, facts: Facts): void {
    if (isClosed) return
    const report = reportOf(event, facts, clock.now())
    const key = keyOf(report)
    const before = known.get(key)
    if (before) {
      before.held = { ...report, count: (before.held?.count ?? 0) + 1 }
      return
    }
    if (known.size >= mostKnown || !hasRoom()) count('dropped')
    else {
      known.set(key, { sentAt: clock.elapsed(), held: undefined })
      enqueue(report)
    }
  }

  /** Whether this minute takes another one. */
  function hasRoom(): boolean {
    if (clock.elapsed() - minute.began >= quietMs) minute = { began: clock.elapsed(), reports: 0 }
    return minute.reports++ < mostAMinute
  }

  function tick(isLast = false): void {
    for (const [key, each] of known) {
      if (!isLast && clock.elapsed() - each.sentAt < quietMs) continue
      if (each.held) enqueue(each.held)
      if (!each.held) known.delete(key)
      each.sentAt = clock.elapsed()
      each.held = undefined
    }
  }

  function enqueue(report: Report): void {
    if (queue.length >= mostQueued) count('dropped')
    else queue.push(report)
    sending ??= send().finally(() => {
      sending = undefined
    })
  }

  async function send(): Promise<void> {
    for (let report = queue.shift(); report; report = queue.shift()) {
      for (const destination of destinations) count((await post(destination(report))) ? 'sent' : 'dropped')
    }
  }

  /** Nothing is logged of a failure: it would be the next report. */
  async function post({ url, headers, body }: ReturnType<Destination>): Promise<boolean> {
    const { outcome } = await egress.request({
      ...{ url, method: 'POST', headers: Object.entries(headers).flat(), body },
      ...{ timeoutMs, maxResponseBytes: 0, signal: stop.signal },
    })
    return outcome.kind === 'answered' && outcome.status < 300
  }

  function count(outcome: 'sent' | 'dropped'): void {
    meter.add('trunkline_monitor_reports_total', 1, { outcome })
  }

  return {
    watch: (journal) => ({
      ...journal,
      warn(event, facts) {
        journal.warn(event, facts)
        // A follower failed on an event and will try it again: whoever wrote the follower wants to hear of it now.
        if (event === 'event.failed') note(event, facts ?? {})
      },
      error(event, facts = {}) {
        journal.error(event, facts)
        note(event, facts)
      },
    }),
    measure(given) {
      meter = given
    },
    tick: () => tick(),
    async close(withinMs = flushMs) {
      isClosed = true
      clearInterval(timer)
      tick(true)
      const late = setTimeout(() => {
        queue.length = 0
        stop.abort()
      }, withinMs)
      await sending
      clearTimeout(late)
      await egress.close()
    },
  }
}
