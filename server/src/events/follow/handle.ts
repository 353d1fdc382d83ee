import { StoreUnavailable } from '../../base/errors.ts'
import { type Fault, waiting } from './aside.ts'
import type { AnyFollower, Change, Followed, FollowTx, PassedOver, Place, Stirred } from './follower.ts'
import { sentenceOf } from './parked.ts'
import { type Aside, type Queues, setAside } from './queues.ts'

/** The whole batch at once; when that fails, event by event, so that only those that cannot be handled go aside. */
export async function handle<Tx extends FollowTx>(
  tx: Tx,
  follower: AnyFollower<Tx>,
  events: readonly Followed<never>[],
  queues: Queues,
  aside: Aside,
  place: Place,
): Promise<Stirred> {
  const whole = await attempt(tx, follower, events, place)
  if ('stirred' in whole) return whole.stirred
  const done: Stirred[] = []
  for (const event of events) {
    const dueAt = queues.behind(event)
    if (dueAt !== undefined) {
      aside.rows.push(waiting(event, dueAt, place))
      continue
    }
    const one = events.length === 1 ? whole : await attempt(tx, follower, [event], place)
    if ('stirred' in one) done.push(one.stirred)
    else setAside(event, one, queues, aside, place)
  }
  return sum(done)
}

/** Handles events together; what they have written is undone when they fail. */
export async function attempt<Tx extends FollowTx>(
  tx: Tx,
  follower: AnyFollower<Tx>,
  events: readonly Followed<never>[],
  { now, settings }: Place,
  report?: (change: Change) => void,
): Promise<{ stirred: Stirred } | Fault> {
  try {
    return { stirred: await tx.savepoint(() => follower.run(tx, events, now, settings as never, report)) }
  } catch (error) {
    // A database that is gone or full is nobody's poison: the batch is tried again when it is back.
    if (error instanceof StoreUnavailable) throw error
    return { cause: 'HANDLER_THREW', error: sentenceOf(error) }
  }
}

/** What several pieces of work have set in motion together. */
export function sum(all: readonly Stirred[]): Stirred {
  const lanes = new Set<string>()
  const requests: string[] = []
  const passedOver: PassedOver[] = []
  let made = 0
  for (const one of all) {
    for (const lane of one.lanes) lanes.add(lane)
    requests.push(...one.requests)
    passedOver.push(...(one.passedOver ?? []))
    made += one.made
  }
  // Of several, each says only what it has made of a lane itself: whether that is all of it, nobody knows.
  const fresh = all.length === 1 ? all[0]?.fresh : undefined
  return {
    ...{ lanes: [...lanes], made, requests },
    ...(passedOver.length > 0 ? { passedOver } : {}),
    ...(fresh && fresh.length > 0 ? { fresh } : {}),
  }
}
