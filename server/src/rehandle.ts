import { accounts } from './accounts/follow-accounts.ts'
import { command } from './base/command.ts'
import type { Follower } from './events/follow.ts'
import type { EventSpan, LogReads } from './events/log-store.ts'
import { handleAgain, type RehandleArgs, type Rehandled, rehandleKind } from './events/rehandle.ts'
import type { Job } from './jobs/job.ts'
import { type JobKind, keepStep, type StepCall, type StepKept } from './jobs/step.ts'
import { fanOut } from './outbound/fan-out.ts'
import type { Stores } from './storage/stores.ts'

const followers: readonly Follower<Stores, never>[] = [fanOut, accounts]

/** Events that are handled again, by their places in the log. */
interface Work {
  follower: string
  settings: unknown
  seqs: readonly number[]
  cursor: string
  isDone: boolean
}

/** Gives events to a follower again, and moves the job. The follower itself waits meanwhile: it works alone. */
export const rehandleStep = command<Stores, StepCall<Work>, StepKept<Rehandled> | null>('rehandle-step', (tx, call) =>
  keepStep<Stores, Work, Rehandled>(async (_, { follower: name, settings, seqs, cursor, isDone }) => {
    const follower = followers.find((each) => each.name === name)
    if (!follower) throw new Error(`follower "${name}" does not exist`)
    await tx.followers.hold(name)
    const events = await tx.log.eventsAt(seqs, follower.readsData)
    const more = await handleAgain(tx, follower, events, call.now, settings)
    const { made, failed, passedOver = [] } = more
    return { cursor, counts: { looked: seqs.length, made, failed, passedOver: passedOver.length }, isDone, more }
  })(tx, call),
)

/** Runs stored events through a follower again, in the order of the log. */
export function rehandling(needs: {
  log: Pick<LogReads, 'scanEvents'>
  /** What the operator has set for each follower. */
  settings: Readonly<Record<string, unknown>>
  onStirred(stirred: Rehandled): void
}): JobKind {
  return {
    kind: rehandleKind,
    async step(job, { limit, now, commit }) {
      const { follower, seqs, cursor, isDone } = await workOf(job, limit, needs.log)
      const work = { follower, settings: needs.settings[follower], seqs, cursor, isDone }
      const kept = await commit(rehandleStep, { job, now, work })
      if (kept) needs.onStirred(kept.more)
      return kept?.job ?? null
    },
  }
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
