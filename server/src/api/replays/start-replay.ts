import { newId } from '../../base/id.ts'
import type { Job } from '../../jobs/job.ts'
import { startJob } from '../../jobs/keep-job.ts'
import { choiceOf } from '../../outbound/replay/choice.ts'
import { planReplay } from '../../outbound/replay/plan.ts'
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
    startedBy: actor.credentialId,
  }
  const { count, isAtLeast } = await planReplay(workspaceId, choiceOf(args, args.upTo), {
    clock,
    reads: walkReads(context),
  })
  const plan = { count, isAtLeast }
  const job = { id: newId('job', now), workspaceId, kind: replayKind, args: { ...args }, plan, perSecond }
  const started = await commit(startJob, { job, now })
  stir.jobs()
  return started
}
