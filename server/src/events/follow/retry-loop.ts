import { type FollowLoopNeeds, isExpected, readersOf } from './loop-needs.ts'
import type { Retried, Retry } from './retry.ts'

/** Events tried in one transaction. */
const batch = 64

export interface Retrying {
  /** When the first event beside the cursor is due; null when there is none. */
  hear(nextDue: number | null): void
  /** Ends after what is under way. */
  stop(): Promise<void>
}

/** Tries what stands beside a follower's cursor when it is due, beside the loop that moves the cursor on. */
export function startRetrying(needs: FollowLoopNeeds): Retrying {
  const { follower, clock, journal } = needs
  let isStopping = false
  let running: Promise<void> | undefined

  async function run(): Promise<void> {
    try {
      for (let due: number | null = 0; due !== null && due <= clock.now() && !isStopping; ) due = await step(needs)
    } catch (error) {
      if (!isExpected(error)) journal.error('follower.failed', { follower, error: error as Error })
    }
  }

  return {
    hear(nextDue) {
      if (isStopping || running || nextDue === null || nextDue > clock.now()) return
      running = run().finally(() => {
        running = undefined
      })
    },
    async stop() {
      isStopping = true
      await running
    },
  }
}

/** Tries what is due; answers when the next is. */
async function step(needs: FollowLoopNeeds): Promise<number | null> {
  const { onStirred, onFailed } = needs
  const retried = await tryDue(needs)
  onStirred({ ...retried, read: retried.tried })
  if (retried.failed.length > 0) onFailed?.(retried.failed)
  return retried.nextDue
}

/** One transaction; where its events must be read first, after they have been. */
async function tryDue(needs: FollowLoopNeeds): Promise<Retried> {
  const { follower, owner, retry, commit, clock } = needs
  const settings = needs.settings?.()
  const call: Retry = { follower, owner, now: clock.now(), limit: batch, settings }
  let retried = await commit(retry, call)
  let readings: Retry['readings'] = []
  // What ends the reader ends its answer: those after it are read by the next one.
  while (retried.wanted) {
    const { careful, carefulMs } = readersOf(needs)
    readings = [...readings, ...(await careful.read(follower, retried.wanted, settings, carefulMs))]
    retried = await commit(retry, { ...call, now: clock.now(), readings })
  }
  return retried
}
