import { command } from '../../base/command.ts'
import type { Event } from '../event.ts'
import type { LogStore } from '../log-store.ts'
import type { Failure } from './aside.ts'
import { type AnyFollower, type FollowTx, followersByName, type Place, type Stirred, still } from './follower.ts'
import { handle } from './handle.ts'
import { never } from './parked.ts'
import { type Aside, openQueues, sortOut } from './queues.ts'
import { firstToRead, type Readings, unread } from './reading.ts'

export interface Advance {
  follower: string
  owner: string
  /** No event beyond this place may be read: earlier ones may still be uncommitted. */
  upTo: number
  limit: number
  now: number
  /** What the operator has set for this follower. */
  settings?: unknown
  /** What has been read of the events, for a follower that reads them elsewhere. */
  readings?: Readings
}

export interface Advanced extends Stirred {
  /** Another process holds the follower. */
  isElsewhere: boolean
  read: number
  /** How many of the events went beside the cursor, because they failed or wait behind one that did. */
  parked: number
  /** Those that failed. */
  failed?: readonly Failure[]
  /** When the first event beside the cursor is due; null when there is none. */
  nextDue?: number | null
  /** These must be read first: nothing has been done. */
  wanted?: readonly Event[]
}

/** The command that moves one of these followers on by a batch. */
export function advanceCommand<Tx extends FollowTx>(followers: readonly AnyFollower<Tx>[]) {
  const find = followersByName(followers)
  return command<Tx, Advance, Advanced>('advance-follower', async (tx, call) => {
    const follower = find(call.follower)
    const state = await tx.followers.take(call.follower, call.owner)
    if (!state) return { ...still, isElsewhere: true, read: 0, parked: 0 }
    const { generation, nextDue } = state
    const { events, read, last } = await readOn(tx.log, follower, state.cursor, call)
    const nothing = { ...still, isElsewhere: false, read: 0, parked: 0, nextDue }
    if (read === 0) return nothing
    const wanted = await unread(tx, follower, events, call.readings)
    if (wanted.length > 0) return { ...nothing, wanted: firstToRead(wanted) }
    // First of all: from here on the follower's row is held, and nobody retries or runs again beside this batch.
    if (!(await tx.followers.move(follower.name, generation, last))) {
      throw new Error(`follower "${follower.name}": generation ${generation} has been taken over`)
    }
    const place: Place = { follower: follower.name, now: call.now, settings: call.settings }
    // Without a single event beside the cursor there is nothing that one could wait behind.
    const queues = openQueues(nextDue === null ? [] : await tx.followers.queueEnds(follower.name, subjectsOf(events)))
    const aside: Aside = { rows: [], failures: [] }
    const ready = sortOut(events, call.readings, queues, aside, place)
    const stirred = ready.length > 0 ? await handle(tx, follower, ready, queues, aside, place) : still
    if (aside.rows.length === 0) return { isElsewhere: false, read, parked: 0, nextDue, ...stirred }
    await tx.followers.park(aside.rows)
    const dues = aside.rows.map(({ dueAt }) => dueAt)
    return {
      isElsewhere: false,
      read,
      parked: aside.rows.length,
      nextDue: Math.min(nextDue ?? never, ...dues),
      failed: aside.failures,
      ...stirred,
    }
  })
}

function subjectsOf(events: readonly Event[]): { workspaceId: string; subject: string }[] {
  const found = new Map<string, { workspaceId: string; subject: string }>()
  for (const { workspaceId, subject } of events) {
    if (subject !== null) found.set(`${workspaceId} ${subject}`, { workspaceId, subject })
  }
  return [...found.values()]
}

/** The events of the next batch that the follower is for, how many places it takes up, and the last of them. */
async function readOn(
  log: LogStore,
  { types, readsData }: Pick<AnyFollower<never>, 'types' | 'readsData'>,
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
