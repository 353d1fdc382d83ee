import { command, type Savepoint } from '../base/command.ts'
import { StoreUnavailable } from '../base/errors.ts'
import type { Event } from './event.ts'
import type { FollowerStore } from './follower-store.ts'
import type { LogStore } from './log-store.ts'

/** Reads the log in order and turns events into rows, in the transaction that moves its cursor. */
export interface Follower<Tx, Settings = unknown> {
  name: string
  /** The only types it is shown, when it is not for all; its cursor passes the others without reading them. */
  types?: readonly string[]
  /** Whether it looks at the events' data; most followers do not, and are spared its reading. */
  readsData: boolean
  /**
   * Handles events in order. Handling an event twice has the effect of once. Answers what the outside should hear of.
   * The settings are those that the follower was started with: plain data, for it runs where the database is.
   */
  run(tx: Tx, events: readonly Event[], now: number, settings: Settings): Promise<Stirred>
}

/** What a follower's work has set in motion. */
export interface Stirred {
  /** Lanes that have new work. */
  lanes: readonly string[]
  made: number
  /** The requests whose events made something, for the log. */
  requests: readonly string[]
  /** Events that it could make nothing of, where a sender may send such: they are passed over for good, and told. */
  passedOver?: readonly PassedOver[]
}

/** An event that a follower cannot read. */
export interface PassedOver {
  eventId: string
  reason: string
}

export interface Advance {
  follower: string
  owner: string
  /** No event beyond this place may be read: earlier ones may still be uncommitted. */
  upTo: number
  limit: number
  now: number
  /** What the operator has set for this follower. */
  settings?: unknown
}

export interface Advanced extends Stirred {
  /** Another process holds the follower. */
  isElsewhere: boolean
  read: number
  parked: number
}

export type FollowTx = { log: LogStore; followers: FollowerStore } & Savepoint

/** How long a parked event waits before it is due again. */
const parkMs = 60_000

/** The command that moves one of these followers on by a batch. */
export function advanceCommand<Tx extends FollowTx>(followers: readonly Follower<Tx, never>[]) {
  const byName = new Map(followers.map((each) => [each.name, each]))
  return command<Tx, Advance, Advanced>('advance-follower', async (tx, call) => {
    const follower = byName.get(call.follower)
    if (!follower) throw new Error(`follower "${call.follower}" does not exist`)
    const state = await tx.followers.take(call.follower, call.owner)
    if (!state) return { isElsewhere: true, read: 0, parked: 0, lanes: [], made: 0, requests: [] }
    const { events, read, last } = await readOn(tx.log, follower, state.cursor, call)
    if (read === 0) return { isElsewhere: false, read: 0, parked: 0, lanes: [], made: 0, requests: [] }
    const { stirred, parked } =
      events.length > 0 ? await handle(tx, follower, events, call) : { stirred: still, parked: 0 }
    if (!(await tx.followers.move(follower.name, state.generation, last))) {
      throw new Error(`follower "${follower.name}": generation ${state.generation} has been taken over`)
    }
    return { isElsewhere: false, read, parked, ...stirred }
  })
}

const still: Stirred = { lanes: [], made: 0, requests: [] }

/** The events of the next batch that the follower is for, how many places it takes up, and the last of them. */
async function readOn(
  log: LogStore,
  { types, readsData }: Pick<Follower<never>, 'types' | 'readsData'>,
  after: number,
  { upTo, limit }: Advance,
): Promise<{ events: readonly Event[]; read: number; last: number }> {
  if (types === undefined) {
    const events = await log.eventsAfter(after, upTo, limit, readsData)
    return { events, read: events.length, last: events.at(-1)?.seq ?? after }
  }
  const { count, last } = await log.reach(after, upTo, limit)
  if (count === 0) return { events: [], read: 0, last: after }
  return { events: await log.eventsOfTypes(types, after, last, readsData), read: count, last }
}

/** The whole batch at once; when that fails, event by event, so that only the one that cannot be handled is parked. */
async function handle<Tx extends FollowTx>(
  tx: Tx,
  follower: Follower<Tx, never>,
  events: readonly Event[],
  call: Advance,
): Promise<{ stirred: Stirred; parked: number }> {
  try {
    const stirred = await tx.savepoint(() => follower.run(tx, events, call.now, call.settings as never))
    return { stirred, parked: 0 }
  } catch (error) {
    // A database that is gone or full is nobody's poison: the batch is tried again when it is back.
    if (error instanceof StoreUnavailable) throw error
    if (events.length === 1) {
      for (const event of events) await park(tx, follower.name, event, error, call.now)
      return { stirred: still, parked: 1 }
    }
  }
  const lanes = new Set<string>()
  const requests: string[] = []
  const passedOver: PassedOver[] = []
  let made = 0
  let parked = 0
  for (const event of events) {
    const one = await handle(tx, follower, [event], call)
    for (const lane of one.stirred.lanes) lanes.add(lane)
    requests.push(...one.stirred.requests)
    passedOver.push(...(one.stirred.passedOver ?? []))
    made += one.stirred.made
    parked += one.parked
  }
  return { stirred: { lanes: [...lanes], made, requests, ...(passedOver.length > 0 ? { passedOver } : {}) }, parked }
}

function park(tx: FollowTx, follower: string, event: Event, error: unknown, now: number): Promise<void> {
  return tx.followers.park({
    follower,
    seq: event.seq,
    eventId: event.id,
    workspaceId: event.workspaceId,
    subject: event.subject,
    error: error instanceof Error ? `${error.name}: ${error.message}` : String(error),
    attempts: 1,
    dueAt: now + parkMs,
  })
}
