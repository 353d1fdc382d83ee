import type { Advanced } from './follow.ts'
import { type FollowLoopNeeds, isExpected, readersOf } from './loop-needs.ts'
import type { Readings } from './reading.ts'
import { startRetrying } from './retry-loop.ts'

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
  const retrying = startRetrying(needs)
  let isStopping = false
  let isWoken = false
  let isWakeable = false
  let isResting = false
  let fault: string | undefined
  let cursor: number | undefined
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
      const next = await step(needs, cursor, retrying.hear)
      isWakeable = next.isWakeable
      cursor = next.cursor
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
      await Promise.all([running, retrying.stop()])
    },
  }
}

/** When the next batch is handled. */
interface Next {
  inMs: number
  /** Whether new events make it come sooner: not after a fault, and not while another process does the work. */
  isWakeable: boolean
  /** Where the follower stands, if it is known. */
  cursor?: number
  fault?: string
}

/** Handles one batch. */
async function step(
  needs: FollowLoopNeeds,
  cursor: number | undefined,
  hearDue: (nextDue: number | null) => void,
): Promise<Next> {
  const { follower, settledUpTo, clock, journal, onStirred, onFailed } = needs
  try {
    const upTo = await settledUpTo()
    const advanced = await move(needs, { cursor, upTo, now: clock.now() })
    for (const { eventId, reason } of advanced.passedOver ?? []) {
      journal.warn('event.passed_over', { follower, eventId, reason })
    }
    onStirred(advanced)
    if (advanced.failed && advanced.failed.length > 0) onFailed?.(advanced.failed)
    hearDue(advanced.nextDue ?? null)
    const isFull = advanced.read === batch || advanced.isPart
    return { inMs: isFull ? 0 : pollMs, isWakeable: !advanced.isElsewhere, ...placeOf(advanced) }
  } catch (error) {
    if (!isExpected(error)) journal.error('follower.failed', { follower, error: error as Error })
    return { inMs: afterFaultMs, isWakeable: false, fault: `${follower} cannot go on: ${(error as Error).message}` }
  }
}

/** Moves the follower on; where its events must be read first, up to the last that was. */
async function move(
  needs: FollowLoopNeeds,
  { cursor, ...place }: { cursor: number | undefined; upTo: number; now: number },
): Promise<Advanced & { isPart: boolean }> {
  const { follower, owner, advance, commit } = needs
  const settings = needs.settings?.()
  const call = { follower, owner, ...place, limit: batch, settings, ...placeOf({ cursor }) }
  const advanced = await commit(advance, call)
  if (!advanced.wanted) return { ...advanced, isPart: false }
  const { first, firstMs } = readersOf(needs)
  const readings = await first.read(follower, advanced.wanted, settings, firstMs)
  const last = readings.at(-1)?.[0] ?? 0
  return { ...(await commit(advance, { ...call, upTo: last, readings: readings.map(orLate) })), isPart: true }
}

const placeOf = ({ cursor }: { cursor?: number | undefined }) => (cursor === undefined ? {} : { cursor })

/** What ended the reader, or would not end, is not judged here: others wait. */
function orLate([seq, reading]: Readings[number]): Readings[number] {
  const isJudged = !('cause' in reading) || reading.cause === 'HANDLER_THREW'
  return [seq, isJudged ? reading : { isLate: true }]
}
