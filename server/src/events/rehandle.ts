import { StoreUnavailable } from '../base/errors.ts'
import type { Event } from './event.ts'
import type { Follower, FollowTx, Stirred } from './follow.ts'

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

/**
 * Gives events to a follower again, beside its place in the log, which stays. What it has made of them already it does
 * not make twice. The whole batch at once; when that fails, event by event.
 */
export async function handleAgain<Tx extends FollowTx>(
  tx: Tx,
  follower: Follower<Tx, never>,
  events: readonly Event[],
  now: number,
  settings: unknown,
): Promise<Rehandled> {
  const own = events.filter(({ type }) => follower.types?.includes(type) ?? true)
  if (own.length === 0) return nothing
  try {
    return { ...(await tx.savepoint(() => follower.run(tx, own, now, settings as never))), failed: 0 }
  } catch (error) {
    if (error instanceof StoreUnavailable) throw error
    if (own.length === 1) return { ...nothing, failed: 1 }
  }
  let sum = nothing
  for (const event of own) sum = add(sum, await handleAgain(tx, follower, [event], now, settings))
  return sum
}

const nothing: Rehandled = { lanes: [], made: 0, requests: [], failed: 0 }

function add(a: Rehandled, b: Rehandled): Rehandled {
  return {
    lanes: [...new Set([...a.lanes, ...b.lanes])],
    made: a.made + b.made,
    requests: [...a.requests, ...b.requests],
    passedOver: [...(a.passedOver ?? []), ...(b.passedOver ?? [])],
    failed: a.failed + b.failed,
  }
}
