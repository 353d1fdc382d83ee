import { command } from '../../base/command.ts'
import type { Event, LoggedEvent } from '../event.ts'
import { type Failure, failed, failureOf } from './aside.ts'
import { type AnyFollower, type FollowTx, followersByName, type Place, type Stirred, still } from './follower.ts'
import { attempt, sum } from './handle.ts'
import { never, type ParkedEvent } from './parked.ts'
import { parkedNews } from './parked-news.ts'
import { openQueues, withFact } from './queues.ts'
import { firstToRead, type Readings, unread } from './reading.ts'

export interface Retry {
  follower: string
  owner: string
  now: number
  limit: number
  settings?: unknown
  readings?: Readings
}

export interface Retried extends Stirred {
  /** Those that have been tried, or are gone. */
  tried: number
  failed: readonly Failure[]
  /** How many events the log has more: news of what was parked. */
  told: number
  /** When the next one is due; null when there is none, or when another process holds the follower. */
  nextDue: number | null
  /** These must be read first: nothing has been done. */
  wanted?: readonly Event[]
}

/** A due event with its row; undefined when it is no longer in the log. */
export interface Due {
  row: ParkedEvent
  event: LoggedEvent | undefined
}

/**
 * The command that tries what stands beside a follower's cursor and is due. Only the follower's owner does so. An event
 * that succeeds sets free what waits behind it; so does one whose time is up, but those note the gap.
 */
export function retryCommand<Tx extends FollowTx>(followers: readonly AnyFollower<Tx>[]) {
  const find = followersByName(followers)
  return command<Tx, Retry, Retried>('retry-followed', async (tx, call) => {
    const { now } = call
    const follower = find(call.follower)
    const nothing = { ...still, tried: 0, failed: [], told: 0, nextDue: null }
    if (!(await tx.followers.take(follower.name, call.owner))) return nothing
    await tx.followers.hold(follower.name)
    const due = await withEvents(tx, follower, await tx.followers.due(follower.name, now, call.limit))
    const wanted = await unread(
      tx,
      follower,
      due.flatMap(({ event }) => event ?? []),
      call.readings,
    )
    if (wanted.length > 0) return { ...nothing, wanted: firstToRead(wanted) }
    const work = await tryAll(tx, follower, due, call.readings, {
      follower: follower.name,
      now,
      settings: call.settings,
    })
    const after = await tx.followers.take(follower.name, call.owner)
    return { ...work, tried: due.length, nextDue: after?.nextDue ?? null }
  })
}

/** Rows with their events, in the order of the rows. */
export async function withEvents<Tx extends FollowTx>(
  tx: Tx,
  { readsData }: AnyFollower<Tx>,
  rows: readonly ParkedEvent[],
): Promise<Due[]> {
  if (rows.length === 0) return []
  const seqs = rows.map(({ seq }) => seq)
  const events = new Map((await tx.log.eventsAt(seqs, readsData)).map((event) => [event.seq, event]))
  return rows.map((row) => ({ row, event: events.get(row.seq) }))
}

/** Tries each in order; what follows one that fails waits behind it. */
async function tryAll<Tx extends FollowTx>(
  tx: Tx,
  follower: AnyFollower<Tx>,
  due: readonly Due[],
  readings: Readings | undefined,
  place: Place,
): Promise<Omit<Retried, 'tried' | 'nextDue'>> {
  const known = new Map(readings)
  const blocked = openQueues()
  const done: Stirred[] = []
  const failures: Failure[] = []
  const news: Parameters<typeof parkedNews>[0][] = []
  const handled: ParkedEvent[] = []
  for (const { row, event } of due) {
    if (blocked.behind(row) !== undefined) continue
    const outcome = await tryOne(tx, follower, { row, event }, known.get(row.seq), place)
    if ('stirred' in outcome) {
      done.push(outcome.stirred)
      handled.push(row)
      if (row.state === 'retrying') await setFree(tx, row, null, place.now)
    } else {
      const after = failed(row, outcome, place.now)
      const released = await settleFailure(tx, row, after, place.now)
      if (after.state === 'retrying') blocked.begin(row, never)
      else news.push({ row: after, event })
      failures.push({ ...failureOf(after, event?.sourceId ?? null), ...(released > 0 ? { released } : {}) })
    }
  }
  await tx.followers.forget(
    follower.name,
    handled.map(({ seq }) => seq),
  )
  const told = news.flatMap((each) => parkedNews(each, place.now) ?? [])
  if (told.length > 0) await tx.log.appendEvents(told)
  return { ...sum(done), failed: failures, told: told.length }
}

/** Handles one event that stands beside the cursor. */
export async function tryOne<Tx extends FollowTx>(
  tx: Tx,
  follower: AnyFollower<Tx>,
  { row, event }: Due,
  reading: Readings[number][1] | undefined,
  place: Place,
  report?: Parameters<typeof attempt>[4],
): ReturnType<typeof attempt> {
  if (!event) return { cause: 'EVENT_GONE', error: 'the event is no longer in the log' }
  if (reading && 'cause' in reading) return reading
  const followed = withFact(event, reading)
  const gap = row.afterGap === null ? {} : { afterGap: row.afterGap }
  return attempt(tx, follower, [{ ...followed, ...gap }], place, report)
}

/** Keeps the row of one that failed, and lets what is behind it wait or go. Answers how many go on without it. */
async function settleFailure<Tx extends FollowTx>(
  tx: Tx,
  before: ParkedEvent,
  after: ParkedEvent,
  now: number,
): Promise<number> {
  await tx.followers.keep(after)
  if (after.state === 'parked') return setFree(tx, after, after.seq, now)
  // One that was being worked off has failed: those behind it were due, and are not any more.
  if (before.state === 'waiting') await queueUp(tx, after, never, null, now)
  return 0
}

/** What waits behind one that has come to its end goes on, in order; with the gap noted if that one was left out. */
export function setFree(tx: FollowTx, row: ParkedEvent, gap: number | null, now: number): Promise<number> {
  return queueUp(tx, row, now, gap, now)
}

async function queueUp(
  tx: FollowTx,
  { follower, workspaceId, subject }: ParkedEvent,
  dueAt: number,
  gap: number | null,
  now: number,
): Promise<number> {
  return subject === null ? 0 : tx.followers.queueUp(follower, { workspaceId, subject }, dueAt, gap, now)
}
