import { Book } from '../load/book.ts'
import { Load } from '../load/load.ts'
import { percentile } from '../measure/statistics.ts'
import { type Measured, measure, type Percentiles, type Times } from '../measure/window.ts'
import type { System } from '../systems/system.ts'
import { type Bench, connections, openEvents, settleLimitMs } from './bench.ts'

export interface Drive {
  connections?: number
  /** Sends by the clock; otherwise each connection sends as soon as it has its answer. */
  perSecond?: number
  /** Told when the measuring begins and ends, with the process. */
  onMeasured?(pid: number, phase: 'begin' | 'end'): void
}

/** Puts a system under load and checks that each event it answered 200 arrived once and was recorded. Ends the system. */
export async function drive(bench: Bench, system: System, times: Times, more: Drive = {}): Promise<Measured> {
  const book = new Book({ isDelivered: true })
  let load: Load | undefined
  try {
    const running = await Load.open({
      ...system,
      connections: more.connections ?? connections,
      book,
      openEvents: more.perSecond === undefined ? openEvents : Number.POSITIVE_INFINITY,
    })
    load = running
    bench.receiver.listen((slot) => {
      book.noteDelivery(slot)
      running.onDelivered()
    }, system.secrets)
    if (more.perSecond === undefined) load.runClosed()
    else load.runOpen(more.perSecond)
    const [pid = 0] = system.watched.pids
    setTimeout(() => more.onMeasured?.(pid, 'begin'), times.warmUpMs)
    const measured = await measure(book, 'delivered', system.watched, times)
    more.onMeasured?.(pid, 'end')
    system.assertRuns()
    await load.settle(settleLimitMs)
    const fault = book.fault() ?? bench.receiver.fault()
    if (fault) throw new Error(fault)
    await system.assertRecorded(book.answered)
    return { ...measured, answerMs: percentiles(book.answerMs), deliveryMs: percentiles(book.deliveryMs) }
  } finally {
    bench.receiver.listen(() => {})
    load?.close()
    await system.stop()
  }
}

const percentiles = (values: readonly number[]): Percentiles => ({
  p50: percentile(values, 0.5),
  p99: percentile(values, 0.99),
})
