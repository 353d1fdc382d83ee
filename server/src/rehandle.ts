import { accounts } from './accounts/follow-accounts.ts'
import { type Commit, command } from './base/command.ts'
import type { Event } from './events/event.ts'
import { type AnyFollower, followersByName } from './events/follow/follower.ts'
import type { FactReader, Readings } from './events/follow/reading.ts'
import { firstToRead, unread } from './events/follow/reading.ts'
import { handleAgain, isFor, type RehandleArgs, type Rehandled, rehandleKind } from './events/follow/rehandle.ts'
import type { EventSpan, LogReads } from './events/log-store.ts'
import type { Job } from './jobs/job.ts'
import { type JobKind, keepStep, type StepCall, type StepKept } from './jobs/step.ts'
import { fanOut } from './outbound/fan-out/fan-out.ts'
import type { Stores } from './storage/stores.ts'

const find = followersByName<Stores>([fanOut, accounts])

/** Events that are handled again, by their places in the log. */
interface Work {
  follower: string
  settings: unknown
  seqs: readonly number[]
  readings: Readings
  cursor: string
  isDone: boolean
}

/** Gives events to a follower again, and moves the job. The follower itself waits meanwhile: it works alone. */
export const rehandleStep = command<Stores, StepCall<Work>, StepKept<Rehandled> | null>('rehandle-step', (tx, call) =>
  keepStep<Stores, Work, Rehandled>(async (_, { follower: name, settings, seqs, readings, cursor, isDone }) => {
    const follower = find(name)
    await tx.followers.hold(name)
    // What has been read is not read again, save where it comes from.
    const events = await tx.log.eventsAt(seqs, follower.readsData)
    const more = await handleAgain(tx, follower, events, readings, { follower: name, now: call.now, settings })
    const { made, failed, passedOver = [] } = more
    return { cursor, counts: { looked: seqs.length, made, failed, passedOver: passedOver.length }, isDone, more }
  })(tx, call),
)

/** The first of those events that must be read before they are handled again, where the follower says itself which. */
export const rehandleUnread = command<
  Stores,
  { follower: string; seqs: readonly number[]; readings: Readings },
  readonly Event[]
>('rehandle-unread', async (tx, { follower, seqs, readings }) =>
  unread(tx, find(follower), await tx.log.eventsAt(seqs, false), readings),
)

export interface Rehandling {
  log: Pick<LogReads, 'scanEvents' | 'eventsAt'>
  /** Reads events where nothing they do can harm the server, each for at most so long. */
  reader: FactReader
  limitMs: number
  /** What the operator has set for a follower. */
  settings(follower: string): unknown
  onStirred(stirred: Rehandled): void
}

/** Runs stored events through a follower again, in the order of the log. */
export function rehandling(needs: Rehandling): JobKind {
  return {
    kind: rehandleKind,
    async step(job, { limit, now, commit }) {
      const { follower, seqs, cursor, isDone } = await workOf(job, limit, needs.log)
      const readings = await readAll(find(follower), seqs, { ...needs, commit })
      const work = { follower, settings: needs.settings(follower), seqs, readings, cursor, isDone }
      const kept = await commit(rehandleStep, { job, now, work })
      if (kept) needs.onStirred(kept.more)
      return kept?.job ?? null
    },
  }
}

/** What the events say, for a follower that has that read apart. */
async function readAll(
  follower: AnyFollower<Stores>,
  seqs: readonly number[],
  { log, reader, limitMs, settings, commit }: Rehandling & { commit: Commit },
): Promise<Readings> {
  if (!follower.read || seqs.length === 0) return []
  const { name } = follower
  if (follower.toRead) {
    const chosen: [...Readings] = []
    for (;;) {
      const wanted = await commit(rehandleUnread, { follower: name, seqs, readings: chosen })
      if (wanted.length === 0) return chosen
      chosen.push(...(await reader.read(name, wanted, settings(name), limitMs)))
    }
  }
  const events = (await log.eventsAt(seqs, true)).filter((event) => isFor(follower, event))
  const readings: [...Readings] = []
  while (readings.length < events.length) {
    const next = firstToRead(events.slice(readings.length))
    readings.push(...(await reader.read(follower.name, next, settings(follower.name), limitMs)))
  }
  return readings
}

async function workOf({ workspaceId, args, cursor }: Job, limit: number, log: Pick<LogReads, 'scanEvents'>) {
  const { follower, ...rest } = args as unknown as RehandleArgs
  const { seqs, last, isEnd } = await log.scanEvents(workspaceId, spanOf(rest), Number(cursor ?? 0), limit)
  return { follower, seqs, cursor: String(last), isDone: isEnd }
}

function spanOf({ from, to, ...rest }: Omit<RehandleArgs, 'follower'>): EventSpan {
  return {
    ...rest,
    ...(from === undefined ? {} : { from: Date.parse(from) }),
    ...(to === undefined ? {} : { to: Date.parse(to) }),
  }
}
