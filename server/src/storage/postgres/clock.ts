import type { Clock } from '../../base/clock.ts'
import type { Log } from '../../base/log.ts'

const measureEveryMs = 30_000
/** Past this much apart, one of the two clocks is wrong, and whoever runs the server should know. */
const apartMs = 5000

/**
 * The database's clock, which all processes have in common: measured against this machine's stopwatch, at the start and
 * every 30 s. What is due, and when, must not depend on which machine is asked.
 */
export async function databaseClock({
  ask,
  machine,
  journal,
}: {
  /** Asks the database what time it is, in milliseconds. */
  ask(): Promise<number>
  machine: Clock
  journal: Log
}): Promise<{ clock: Clock; stop(): void }> {
  /** What the stopwatch must be given to show the database's time. */
  let offset = await measure()
  let isApart = false
  tellIfApart()

  async function measure(): Promise<number> {
    const before = machine.elapsed()
    const at = await ask()
    // Half of the way there and back.
    return at - (before + machine.elapsed()) / 2
  }

  function tellIfApart(): void {
    const ms = Math.round(offset + machine.elapsed() - machine.now())
    if (Math.abs(ms) > apartMs === isApart) return
    isApart = !isApart
    if (isApart) journal.warn('clock.apart', { databaseAheadMs: ms })
    else journal.info('clock.together')
  }

  const timer = setInterval(() => {
    measure().then(
      (measured) => {
        offset = measured
        tellIfApart()
      },
      () => {}, // the next time; the stopwatch goes on meanwhile
    )
  }, measureEveryMs)
  timer.unref()
  return {
    clock: { now: () => Math.round(offset + machine.elapsed()), elapsed: () => machine.elapsed() },
    stop: () => clearInterval(timer),
  }
}
