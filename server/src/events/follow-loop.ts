import type { Clock } from '../base/clock.ts'
import type { Command, Commit } from '../base/command.ts'
import { StoreUnavailable } from '../base/errors.ts'
import type { Log } from '../base/log.ts'
import type { Advance, Advanced } from './follow.ts'

export interface FollowLoopNeeds {
  follower: string
  /** What the operator has set for the follower. */
  settings?: unknown
  /**
   * How long it rests after a batch that was not full, however often it is woken. For a follower that finds little of
   * its own in the log: it looks at many events at once then, and not at each.
   */
  restMs?: number
  advance: Command<never, Advance, Advanced>
  commit: Commit
  settledUpTo(): Promise<number>
  owner: string
  clock: Clock
  journal: Log
  /** Hears of what the follower has set in motion, after each batch. */
  onStirred(advanced: Advanced): void
}

export interface FollowLoop {
  /** There are new events. Answers whether it is this process that handles them. */
  wake(): boolean
  /** Why it does not move now; undefined while it does, here or elsewhere. */
  fault(): string | undefined
  /** Ends after the batch that is under way. */
  stop(): Promise<void>
}

/** Events handled in one transaction. */
const batch = 256
/** How often to look without being woken: another process may have appended. */
const pollMs = 250
const afterFaultMs = 500

/** Keeps one follower moving for as long as the process runs. */
export function startFollowing(needs: FollowLoopNeeds): FollowLoop {
  const { restMs = 0 } = needs
  let isStopping = false
  let isWoken = false
  let isWakeable = false
  let isResting = false
  let fault: string | undefined
  let rouse: (() => void) | undefined

  function wait(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, ms)
      rouse = () => {
        clearTimeout(timer)
        resolve()
      }
    })
  }

  /** Ends early when there are new events, but not before the follower has rested. */
  async function pause(ms: number): Promise<void> {
    isResting = true
    if (!isStopping && restMs > 0) await wait(Math.min(restMs, ms))
    isResting = false
    if (!isStopping && !(isWakeable && isWoken) && ms > restMs) await wait(ms - restMs)
  }

  async function run(): Promise<void> {
    while (!isStopping) {
      isWoken = false
      const next = await step(needs)
      isWakeable = next.isWakeable
      fault = next.fault
      if (next.inMs > 0) await pause(next.inMs)
      rouse = undefined
    }
  }

  const running = run()
  return {
    wake() {
      isWoken = true
      if (isWakeable && !isResting) rouse?.()
      return isWakeable
    },
    fault: () => fault,
    async stop() {
      isStopping = true
      rouse?.()
      await running
    },
  }
}

/** When the next batch is handled. */
interface Next {
  inMs: number
  /** Whether new events make it come sooner: not after a fault, and not while another process does the work. */
  isWakeable: boolean
  fault?: string
}

/** Handles one batch. */
async function step(needs: FollowLoopNeeds): Promise<Next> {
  const { follower, settings, advance, commit, settledUpTo, owner, clock, journal, onStirred } = needs
  try {
    const upTo = await settledUpTo()
    const now = clock.now()
    const advanced = await commit(advance, { follower, owner, upTo, limit: batch, now, settings })
    for (const { eventId, reason } of advanced.passedOver ?? []) {
      journal.warn('event.passed_over', { follower, eventId, reason })
    }
    if (advanced.parked > 0) journal.error('event.parked', { follower, events: advanced.parked })
    onStirred(advanced)
    return { inMs: advanced.read === batch ? 0 : pollMs, isWakeable: !advanced.isElsewhere }
  } catch (error) {
    if (!(error instanceof StoreUnavailable)) journal.error('follower.failed', { follower, error: error as Error })
    return { inMs: afterFaultMs, isWakeable: false, fault: `${follower} cannot go on: ${(error as Error).message}` }
  }
}
