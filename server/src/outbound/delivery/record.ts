import type { Clock } from '../../base/clock.ts'
import type { Commit } from '../../base/command.ts'
import { StoreUnavailable } from '../../base/errors.ts'
import type { Log } from '../../base/log.ts'
import { type SettleCall, settleAttempt } from './settle.ts'

export interface RecorderNeeds {
  commit: Commit
  clock: Clock
  journal: Log
  /** Hears of every outcome that was recorded, or that came too late to count: then the lane is another's by now. */
  onRecorded(call: SettleCall, isRecorded: boolean): void
}

/** Records outcomes. One that the database does not take is kept and offered again: what was sent is not sent again. */
export interface Recorder {
  /** `isAwaited` says that something waits for this one to be recorded: it is offered at once. */
  record(call: SettleCall, options: { isAwaited: boolean }): void
  /** Offers again what was kept. */
  recordAgain(): void
  /** Whether the database did not take the last outcome. Until it does, nothing new should be sent. */
  isStuck(): boolean
  isIdle(): boolean
}

/** An outcome that the database refuses for another reason than being gone is a fault of ours; it must not stop the rest. */
const afterFaultMs = 60_000

/**
 * After some outcomes were offered, the next ones wait so long for each other, or until there are so many: a transaction for
 * each would cost the database more than everything else about a delivery. While little happens none waits.
 */
const gatherMs = 25
const gatherMost = 32

export function createRecorder({ commit, clock, journal, onRecorded }: RecorderNeeds): Recorder {
  let gathered: SettleCall[] = []
  let isGathering = false
  let kept: { call: SettleCall; at: number }[] = []
  let underWay = 0
  let isStuck = false

  function offerGathered(): void {
    const calls = gathered
    gathered = []
    for (const call of calls) void offer(call)
    if (isGathering || calls.length === 0) return
    isGathering = true
    setTimeout(() => {
      isGathering = false
      offerGathered()
    }, gatherMs)
  }

  async function offer(call: SettleCall): Promise<void> {
    let isRecorded: boolean
    underWay++
    try {
      isRecorded = await commit(settleAttempt, call)
    } catch (error) {
      isStuck = error instanceof StoreUnavailable
      kept.push({ call, at: isStuck ? 0 : clock.elapsed() + afterFaultMs })
      const { deliveryId } = call.attempt
      if (!isStuck) journal.error('attempt.unrecorded', { delivery: deliveryId, error: error as Error })
      return
    } finally {
      underWay--
    }
    isStuck = false
    onRecorded(call, isRecorded)
  }

  return {
    record(call, { isAwaited }) {
      gathered.push(call)
      if (isAwaited || !isGathering || gathered.length >= gatherMost) offerGathered()
    },
    recordAgain() {
      const elapsed = clock.elapsed()
      const again = kept.filter(({ at }) => at <= elapsed)
      kept = kept.filter(({ at }) => at > elapsed)
      for (const { call } of again) void offer(call)
    },
    isStuck: () => isStuck,
    isIdle: () => underWay === 0 && kept.length === 0 && gathered.length === 0,
  }
}
