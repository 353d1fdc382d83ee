import type { Event } from '../event.ts'
import { type AnyFollower, type Followed, type FollowTx, type Place, type Stirred, still } from './follower.ts'
import { attempt, sum } from './handle.ts'
import { withFact } from './queues.ts'
import type { Reading, Readings } from './reading.ts'

export const rehandleKind = 'rehandle'

/** Which stored events are handled again. Times are texts: people look at them. */
export interface RehandleArgs {
  follower: string
  /** An exact type, or `prefix.*`. */
  type?: string
  sourceId?: string
  customer?: string
  from?: string
  to?: string
  /** The last place in the log when the job was started: what comes behind it the follower handles by itself. */
  upTo: number
}

/** What became of events that were handled again. */
export interface Rehandled extends Stirred {
  /** Those that the follower could not handle; what they had written is undone. */
  failed: number
}

/** Whether a follower is for an event. */
export const isFor = (follower: AnyFollower<never>, { type }: Event): boolean => follower.types?.includes(type) ?? true

/**
 * Gives events to a follower again, beside its place in the log, which stays. What it has made of them already it does
 * not make twice. The whole batch at once; when that fails, event by event.
 */
export async function handleAgain<Tx extends FollowTx>(
  tx: Tx,
  follower: AnyFollower<Tx>,
  events: readonly Event[],
  readings: Readings,
  place: Place,
): Promise<Rehandled> {
  const own = events.filter((event) => isFor(follower, event))
  const known = new Map<number, Reading>(readings)
  const ready: Followed<never>[] = []
  for (const event of own) {
    const reading = known.get(event.seq)
    if (reading === undefined || 'fact' in reading) ready.push(withFact(event, reading))
  }
  let failed = own.length - ready.length
  if (ready.length === 0) return { ...still, failed }
  const whole = await attempt(tx, follower, ready, place)
  if ('stirred' in whole) return { ...whole.stirred, failed }
  const done: Stirred[] = []
  for (const event of ready) {
    const one = ready.length === 1 ? whole : await attempt(tx, follower, [event], place)
    if ('stirred' in one) done.push(one.stirred)
    else failed++
  }
  return { ...sum(done), failed }
}
