import type { Clock } from '../../base/clock.ts'
import type { Command, Commit } from '../../base/command.ts'
import { type Stirred, still } from './follower.ts'
import { sum } from './handle.ts'
import type { FactReader, Readings } from './reading.ts'
import type { Outcome, ParkedKey, Reran, Rerun } from './rerun.ts'

export interface RerunNeeds {
  command: Command<never, Rerun, Reran>
  commit: Commit
  clock: Clock
  reader: FactReader
  /** How long the reading of one event may take. */
  limitMs: number
  /** What the operator has set for a follower. */
  settings(follower: string): unknown
}

/** Events run in one transaction: others wait for it. */
const batch = 25

/** Runs any number of events again, in the order given, a few in each transaction; answers what became of each. */
export async function rerunAll(
  { workspaceId, keys, isDry }: { workspaceId: string; keys: readonly ParkedKey[]; isDry: boolean },
  needs: RerunNeeds,
): Promise<Stirred & { outcomes: readonly Outcome[] }> {
  const outcomes: Outcome[] = []
  const done: Stirred[] = [still]
  for (const { follower, eventIds } of batches(keys)) {
    const now = needs.clock.now()
    const reran = await rerun(
      { workspaceId, follower, eventIds, now, isDry, settings: needs.settings(follower) },
      needs,
    )
    outcomes.push(...reran.outcomes)
    done.push(reran)
  }
  return { ...sum(done), outcomes }
}

/** Neighbours of one follower. */
function* batches(keys: readonly ParkedKey[]): Generator<{ follower: string; eventIds: string[] }> {
  let now: { follower: string; eventIds: string[] } | undefined
  for (const { follower, eventId } of keys) {
    if (now && (now.follower !== follower || now.eventIds.length === batch)) {
      yield now
      now = undefined
    }
    now ??= { follower, eventIds: [] }
    now.eventIds.push(eventId)
  }
  if (now) yield now
}

/** One transaction; where its events must be read first, after they have been. */
async function rerun(call: Rerun, { command, commit, reader, limitMs }: RerunNeeds): Promise<Reran> {
  let readings: Readings = []
  for (;;) {
    const reran = await commit(command, { ...call, readings })
    if (!reran.wanted) return reran
    readings = [...readings, ...(await reader.read(call.follower, reran.wanted, call.settings, limitMs))]
  }
}
