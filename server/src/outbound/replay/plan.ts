import type { Clock } from '../../base/clock.ts'
import type { JobPlan } from '../../jobs/job.ts'
import type { Choice } from './choice.ts'
import { type Chosen, type WalkReads, walk } from './walk.ts'

/** What a replay would do. */
export interface ReplayPlan extends JobPlan {
  count: number
  /** How many of them are events without a delivery. */
  missed: number
  /** The first of them. */
  sample: readonly Chosen[]
}

/** How long counting may take: there may be millions. */
const countMs = 1000
const chosenAtOnce = 2000
/** Where events are looked at too, and where they are read, which may be large: the time is looked at in between. */
const lookedAtOnce = 200
const readAtOnce = 16
const sampled = 10

/** How many are meant, and the first of them. Ends after a second whatever is asked for; then there are at least so many. */
export async function planReplay(
  workspaceId: string,
  choice: Choice,
  { clock, reads }: { clock: Clock; reads: WalkReads },
): Promise<ReplayPlan> {
  const begin = clock.elapsed()
  const atOnce = choice.where !== undefined ? readAtOnce : choice.isMissed ? lookedAtOnce : chosenAtOnce
  const sample: Chosen[] = []
  let [count, missed] = [0, 0]
  let cursor: string | null = null
  let isEnd = false
  while (!isEnd && clock.elapsed() - begin < countMs) {
    const part = await walk(workspaceId, choice, cursor, atOnce, reads)
    count += part.chosen.length
    missed += part.chosen.filter(({ kind }) => kind === 'missed').length
    sample.push(...part.chosen.slice(0, sampled - sample.length))
    cursor = part.cursor
    isEnd = part.isEnd
  }
  return { count, missed, isAtLeast: !isEnd, sample }
}
