import { command } from '../../base/command.ts'
import { together } from '../../base/together.ts'
import type { Event, LoggedEvent } from '../event.ts'
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
  /** Where it stood after its last batch: most likely it still does, and what follows is read without waiting to hear so. */
  cursor?: number
  /** How this follower is set. */
  settings?: unknown
  /** What has been read of the events, for a follower that reads them elsewhere. */
  readings?: Readings
}

export interface Advanced extends Stirred {
  /** Another process holds the follower. */
  isElsewhere: boolean
  /** Where it stands now. */
  cursor?: number
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
  const run = async (tx: Tx, call: Advance): Promise<Advanced> => {
    const follower = find(call.follower)
    const [state, expected] = await together([
      tx.followers.take(call.follower, call.owner),
      call.cursor === undefined ? nothingRead : readOn(tx.log, follower, call.cursor, call),
    ])
    if (!state) return { ...still, isElsewhere: true, read: 0, parked: 0 }
    const { generation, nextDue, cursor } = state
    const batch = expected?.after === cursor ? expected : await readOn(tx.log, follower, cursor, call)
    const nothing = { ...still, isElsewhere: false, cursor, read: 0, parked: 0, nextDue }
    if (batch.read === 0) return nothing
    const wanted = await unread(tx, follower, batch.events, call.readings)
    if (wanted.length > 0) return { ...nothing, wanted: firstToRead(wanted) }
    const [isMoved, { aside, stirred }] = await together([
      // First of all: from here on the follower's row is held, and nobody retries or runs again beside this batch.
      tx.followers.move(follower.name, generation, batch.last),
      handleBatch(tx, follower, batch.events, call, nextDue),
    ])
    if (!isMoved) throw new Error(`follower "${follower.name}": generation ${generation} has been taken over`)
    const done = {
      isElsewhere: false,
      cursor: batch.last,
      read: batch.read,
      parked: aside.rows.length,
      nextDue,
      ...stirred,
    }
    if (aside.rows.length === 0) return done
    await tx.followers.park(aside.rows)
    const dues = aside.rows.map(({ dueAt }) => dueAt)
    return { ...done, nextDue: Math.min(nextDue ?? never, ...dues), failed: aside.failures }
  }
  return command('advance-follower', run, { isPatient: true })
}

async function handleBatch<Tx extends FollowTx>(
  tx: Tx,
  follower: AnyFollower<Tx>,
  events: readonly Event[],
  call: Advance,
  nextDue: number | null,
): Promise<{ aside: Aside; stirred: Stirred }> {
  const place: Place = { follower: follower.name, now: call.now, settings: call.settings }
  // Without a single event beside the cursor there is nothing that one could wait behind.
  const queues = openQueues(nextDue === null ? [] : await tx.followers.queueEnds(follower.name, subjectsOf(events)))
  const aside: Aside = { rows: [], failures: [] }
  const ready = sortOut(events, call.readings, queues, aside, place)
  const stirred = ready.length > 0 ? await handle(tx, follower, ready, queues, aside, place) : still
  return { aside, stirred }
}

function subjectsOf(events: readonly Event[]): { workspaceId: string; subject: string }[] {
  const found = new Map<string, { workspaceId: string; subject: string }>()
  for (const { workspaceId, subject } of events) {
    if (subject !== null) found.set(`${workspaceId} ${subject}`, { workspaceId, subject })
  }
  return [...found.values()]
}

/** The events of the next batch that the follower is for, how many places it takes up, and the last of them. */
interface Batch {
  after: number
  events: readonly LoggedEvent[]
  read: number
  last: number
}

const nothingRead: Promise<Batch | undefined> = Promise.resolve(undefined)

async function readOn(
  log: LogStore,
  { types, readsData }: Pick<AnyFollower<never>, 'types' | 'readsData'>,
  after: number,
  { upTo, limit }: Advance,
): Promise<Batch> {
  if (types === undefined) {
    const events = await log.eventsAfter(after, upTo, limit, readsData)
    return { after, events, read: events.length, last: events.at(-1)?.seq ?? after }
  }
  const { count, last } = await log.reach(after, upTo, limit)
  if (count === 0) return { after, events: [], read: 0, last: after }
  return { after, events: await log.eventsOfTypes(types, after, last, readsData), read: count, last }
}
