import { newId } from '../../base/id.ts'
import type { Job } from '../../jobs/job.ts'
import { choiceOf } from '../../outbound/replay/choice.ts'
import { planReplay } from '../../outbound/replay/plan.ts'
import { startRecorded } from '../../outbound/replay/record.ts'
import { type ReplayArgs, replayKind } from '../../outbound/replay/replay.ts'
import type { Context } from '../operation.ts'
import { argsOf, fannedOut, type ReplayFilter, walkReads } from './shape.ts'

/** Counts what is meant and starts the job. `perSecond` is the most that become due in a second; null for no bound. */
export async function startReplay(context: Context, filter: ReplayFilter, perSecond: number | null): Promise<Job> {
  const { workspaceId, actor, clock, commit, stir } = context
  const now = clock.now()
  const args: ReplayArgs = {
    ...argsOf(filter, now),
    upTo: await fannedOut(context),
  }
  const { count, isAtLeast } = await planReplay(workspaceId, choiceOf(args, args.upTo), {
    clock,
    reads: walkReads(context),
  })
  const plan = { count, isAtLeast }
  const { customer } = actor
  const job = { id: newId('job', now), workspaceId, customer, kind: replayKind, args: { ...args }, plan, perSecond }
  const started = await commit(startRecorded, { job, startedBy: actor.credentialId, now })
  stir.jobs()
  stir.events()
  return started
}
