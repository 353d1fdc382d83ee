import { groupCommand } from '../../base/command.ts'
import { Problem } from '../../base/errors.ts'
import type { Event } from '../event.ts'
import { type AnyFollower, type Change, type FollowTx, type Stirred, still } from './follower.ts'
import { sum } from './handle.ts'
import { type HandlingCause, type ParkedEvent, parkedId } from './parked.ts'
import { firstToRead, type Readings, unread } from './reading.ts'
import { type Due, setFree, tryOne, withEvents } from './retry.ts'

/** An event beside the cursor of a follower. */
export interface ParkedKey {
  follower: string
  eventId: string
}

export interface Rerun {
  workspaceId: string
  /** Those that are run, all of one follower. */
  follower: string
  eventIds: readonly string[]
  now: number
  settings: unknown
  /** Nothing is kept of it, and what would be is answered. */
  isDry: boolean
  readings?: Readings
}

/** What became of one. `already`: it has been handled before; `waiting`: its turn has not come. */
export interface Outcome {
  id: string
  eventId: string
  follower: string
  outcome: 'handled' | 'failed' | 'already' | 'waiting' | 'dismissed' | 'missing'
  cause: HandlingCause | null
  error: string | null
  /** What was written, or would be. */
  changes: readonly Change[]
}

export interface Reran extends Stirred {
  outcomes: readonly Outcome[]
  /** These must be read first: nothing has been done. */
  wanted?: readonly Event[]
}

/**
 * The command that runs events again that a follower could not handle. Whoever asks, and however many at once: the
 * follower's row is held, so each is handled once, and never beside a batch of the follower's own.
 */
export function rerunCommand<Tx extends FollowTx>(followers: readonly AnyFollower<Tx>[]) {
  // A group has one connection at a time: everybody who waited for the follower's row with one of his own would keep
  // those from it that accept.
  return groupCommand<Tx, Rerun, Reran>('rerun-parked', (tx, calls) => inTurn(calls, (call) => rerun(tx, call)))

  async function rerun(tx: Tx, call: Rerun): Promise<Reran> {
    const follower = followers.find(({ name }) => name === call.follower)
    if (!follower) {
      return { ...still, outcomes: call.eventIds.map((eventId) => standing(call.follower, eventId, undefined)) }
    }
    await tx.followers.hold(follower.name)
    const rows: ParkedEvent[] = []
    const outcomes = new Map<string, Outcome>()
    for (const eventId of call.eventIds) {
      const row = await tx.followers.readParked(call.workspaceId, follower.name, eventId)
      if (row && isOpen(row)) rows.push(row)
      else outcomes.set(eventId, standing(follower.name, eventId, row))
    }
    const due = await withEvents(tx, follower, rows)
    const events = due.flatMap(({ event }) => event ?? [])
    const wanted = await unread(tx, follower, events, call.readings)
    if (wanted.length > 0) return { ...still, outcomes: [], wanted: firstToRead(wanted) }
    const done: Stirred[] = []
    for (const each of due) {
      const { outcome, stirred } = await runOne(tx, follower, each, call)
      outcomes.set(each.row.eventId, outcome)
      if (stirred) done.push(stirred)
    }
    return { ...sum(done), outcomes: call.eventIds.flatMap((id) => outcomes.get(id) ?? []) }
  }
}

async function inTurn<Call, Result>(
  calls: readonly Call[],
  run: (call: Call) => Promise<Result>,
): Promise<readonly Result[]> {
  const results: Result[] = []
  for (const call of calls) results.push(await run(call))
  return results
}

const isOpen = ({ state }: ParkedEvent): boolean => state === 'parked' || state === 'retrying'

/** The outcome of one at which there is nothing to do. */
function standing(follower: string, eventId: string, row: ParkedEvent | undefined): Outcome {
  const outcome = row === undefined ? 'missing' : row.state === 'handled' ? 'already' : (row.state as 'waiting')
  return { id: parkedId({ eventId, follower }), eventId, follower, outcome, cause: null, error: null, changes: [] }
}

async function runOne<Tx extends FollowTx>(
  tx: Tx,
  follower: AnyFollower<Tx>,
  due: Due,
  { now, settings, isDry, readings }: Rerun,
): Promise<{ outcome: Outcome; stirred?: Stirred }> {
  const { row } = due
  const changes: Change[] = []
  const place = { follower: follower.name, now, settings }
  const reading = new Map(readings).get(row.seq)
  const run = () => tryOne(tx, follower, due, reading, place, (change) => void changes.push(change))
  const result = isDry ? await undone(tx, run) : await run()
  const about = { id: parkedId(row), eventId: row.eventId, follower: row.follower }
  if ('stirred' in result) {
    if (!isDry) await keepHandled(tx, row, now)
    const outcome: Outcome = { ...about, outcome: 'handled', cause: null, error: null, changes }
    return isDry ? { outcome } : { outcome, stirred: result.stirred }
  }
  // It stays as it was, also in when it is tried next: who asks for a run takes no try away from it.
  if (!isDry) await tx.followers.keep({ ...row, ...result, updatedAt: now })
  return { outcome: { ...about, outcome: 'failed', ...result, changes: [] } }
}

async function keepHandled(tx: FollowTx, row: ParkedEvent, now: number): Promise<void> {
  await tx.followers.keep({ ...row, state: 'handled', attempts: row.attempts + 1, updatedAt: now, endedAt: now })
  if (row.state === 'retrying') await setFree(tx, row, null, now)
}

/** Runs something of which nothing is kept. */
async function undone<Result>(tx: FollowTx, run: () => Promise<Result>): Promise<Result> {
  const kept: { result?: Result } = {}
  try {
    await tx.savepoint(async () => {
      kept.result = await run()
      throw new Undo('nothing of a dry run is kept')
    })
  } catch (error) {
    if (!(error instanceof Undo)) throw error
  }
  return kept.result as Result
}

class Undo extends Error {}

export interface Dismissal {
  workspaceId: string
  key: ParkedKey
  now: number
}

/** Decides that an event is not to be handled: it stays on record, and what waits behind it goes on with the gap. */
export const dismissParked = groupCommand<FollowTx, Dismissal, ParkedEvent>('dismiss-parked', (tx, calls) =>
  inTurn(calls, (call) => dismiss(tx, call)),
)

async function dismiss(tx: FollowTx, { workspaceId, key, now }: Dismissal): Promise<ParkedEvent> {
  await tx.followers.hold(key.follower)
  const row = await tx.followers.readParked(workspaceId, key.follower, key.eventId)
  const id = parkedId(key)
  if (!row) throw new Problem('NOT_FOUND', `there is no parked event "${id}"`)
  if (row.state === 'dismissed') return row
  if (row.state === 'handled') {
    throw new Problem('CONFLICT', `parked event "${id}" cannot be dismissed: it has been handled`)
  }
  const dismissed: ParkedEvent = { ...row, state: 'dismissed', updatedAt: now, endedAt: now }
  await tx.followers.keep(dismissed)
  if (row.state === 'retrying') await setFree(tx, row, row.seq, now)
  return dismissed
}
