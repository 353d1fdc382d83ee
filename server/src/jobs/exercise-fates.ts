import fc from 'fast-check'
import type { fakeClock } from '../base/clock.ts'
import type { Commit } from '../base/command.ts'
import { StoreUnavailable } from '../base/errors.ts'
import { newId } from '../base/id.ts'
import { silentLog } from '../base/log.ts'
import { silentMeter } from '../base/meter.ts'
import type { TestStorage } from '../exercise-storage.ts'
import type { Job } from './job.ts'
import { type JobLoop, startJobLoop } from './job-loop.ts'
import { pauseJob, resumeJob } from './keep-job.ts'
import { beat, leave } from './process.ts'
import type { JobKind } from './step.ts'

/** What happens to a step: it is refused, its answer is lost, its process dies with it, or its job is paused under it. */
export type Fate = 'kept' | 'refused' | 'lost' | 'dead' | 'paused'

export const fates = fc.array(fc.constantFrom<Fate[]>('kept', 'kept', 'kept', 'refused', 'lost', 'dead', 'paused'), {
  maxLength: 30,
})

/** Runs a job to its end on two processes, each step with its fate; `pass` lets time pass. */
export async function runThrough(
  fated: readonly Fate[],
  job: Job,
  needs: {
    storage: TestStorage
    clock: ReturnType<typeof fakeClock>
    kind: JobKind
    /** The name of the command that ends a step. */
    step: string
    pass(): Promise<void>
  },
): Promise<Job> {
  const { storage, clock, kind, step, pass } = needs
  const next = fated[Symbol.iterator]()
  const dead: string[] = []
  const living = new Map<string, JobLoop>()
  const { workspaceId, id } = job
  const which = () => ({ workspaceId, id, now: clock.now() })
  const read = async () => {
    const found = await storage.reads.jobs.read(workspaceId, id)
    if (!found) throw new Error(`job ${id} is gone`)
    return found
  }

  async function join(): Promise<void> {
    const owner = newId('process', 0)
    const commit: Commit = async (command, args) => {
      if (dead.includes(owner)) return new Promise<never>(() => {})
      if (command.name !== step) return storage.commit(command, args)
      const fate = next.next().value ?? 'kept'
      if (fate === 'refused') throw new StoreUnavailable('gone')
      if (fate === 'paused') {
        await storage.commit(pauseJob, which())
        void storage.commit(resumeJob, which())
      }
      const result = await storage.commit(command, args)
      if (fate === 'lost') throw new StoreUnavailable('it may have been kept')
      if (fate !== 'dead') return result
      dead.push(owner)
      living.delete(owner)
      return new Promise<never>(() => {})
    }
    await storage.commit(beat, { processId: owner, roles: ['follow'], silent: [], now: 0 })
    const { jobs } = storage.reads
    const loop = startJobLoop({ kinds: [kind], jobs, commit, owner, clock, journal: silentLog, meter: silentMeter })
    living.set(owner, loop)
  }

  await join()
  await join()
  let buried = 0
  for (let i = 0; i < 400 && (await read()).status !== 'done'; i++) {
    await pass()
    for (const owner of dead.slice(buried)) {
      buried++
      await storage.commit(leave, { processId: owner })
      await join()
    }
  }
  for (const loop of living.values()) await loop.stop()
  return read()
}
