import { setTimeout as sleep } from 'node:timers/promises'

/** More than this under way is no pace but a pile. */
const mostAtOnce = 100

/**
 * Does something so many times: one after the other, or begun at a steady rate whatever each takes. It ends early when
 * one of them answers false, or when it is told to stop. Answers how many were begun.
 */
export async function atPace(
  times: number,
  rate: number | undefined,
  stopping: AbortSignal,
  one: (place: number) => Promise<boolean>,
): Promise<number> {
  const began = performance.now()
  const underWay = new Set<Promise<void>>()
  let goesOn = true
  let begun = 0
  for (; begun < times && goesOn && !stopping.aborted; begun++) {
    if (rate !== undefined) {
      await sleep(Math.max(0, began + (begun * 1000) / rate - performance.now()), undefined, {
        signal: stopping,
      }).catch(
        () => {}, // told to stop: looked at below
      )
      if (stopping.aborted || !goesOn) break
    }
    const work = one(begun).then((isGood) => {
      underWay.delete(work)
      if (!isGood) goesOn = false
    })
    underWay.add(work)
    if (rate === undefined || underWay.size >= mostAtOnce) await Promise.race(underWay)
  }
  await Promise.all(underWay)
  return begun
}
