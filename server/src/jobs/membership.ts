import type { Clock } from '../base/clock.ts'
import type { Commit } from '../base/command.ts'
import { StoreUnavailable } from '../base/errors.ts'
import type { Log } from '../base/log.ts'
import { beat, leave } from './process.ts'
import type { LiveProcess } from './process-store.ts'

export interface MembershipNeeds {
  commit: Commit
  clock: Clock
  journal: Log
  processId: string
  roles: readonly string[]
  /** How long a process may be silent before its work is another's. A third of it is the time between two beats. */
  leaseMs: number
}

/**
 * This process among those that share the database. Nobody's clock decides who lives: each process counts its beats in
 * its row, and who watches another's count stand still for a whole lease, by a stopwatch of his own, strikes it off the
 * list. What a process that is not in the list owned is free. So no clock that jumps, and no database that was away,
 * makes anybody dead.
 */
export interface Membership {
  /** Beats if it is time. Called several times a second. */
  tick(): void
  /** Beats at the next tick: somebody has come or gone. */
  hurry(): void
  /** Beats now. Rejects with what the database said. */
  beat(): Promise<void>
  /**
   * Whether nobody can have taken this process for dead. When it was stopped for long, or could not reach the database,
   * this is false until it has beaten again, and what it held may be another's by now.
   */
  isLeased(): boolean
  /** How many other processes do this, as of the last beat. */
  others(role: string): number
  /** Takes leave: what this process owned is free at once. */
  leave(): Promise<void>
}

/** While the database takes nothing it is tried this often. */
const probeMs = 500

/** Another process as seen from here: its count, and since when it has stood there. */
interface Watch {
  beats: number
  since: number
}

export function createMembership(needs: MembershipNeeds): Membership {
  const { commit, clock, journal, processId, roles, leaseMs } = needs
  const everyMs = leaseMs / 3
  const watches = new Map<string, Watch>()
  let others: readonly LiveProcess[] = []
  /** When the last beat that was kept was sent; from then on the others count. */
  let beatenAt = Number.NEGATIVE_INFINITY
  let triedAt = Number.NEGATIVE_INFINITY
  let isFailing = false
  let underWay: Promise<void> | undefined
  let isHurried = false
  let hasLeft = false

  function run(): Promise<void> {
    underWay = send().finally(() => {
      underWay = undefined
    })
    return underWay
  }

  async function send(): Promise<void> {
    isHurried = false
    const at = clock.elapsed()
    triedAt = at
    try {
      const { processes, struck } = await commit(beat, { processId, roles, silent: silentAt(at), now: clock.now() })
      for (const id of struck) journal.warn('process.silent', { process: id, leaseMs })
      watch(processes, at)
      beatenAt = at
      isFailing = false
    } catch (error) {
      isFailing = true
      throw error
    }
  }

  /** Those whose count has stood still for a lease while this process was looking all the time. */
  function silentAt(at: number): Pick<LiveProcess, 'id' | 'beats'>[] {
    if (at - beatenAt > 2 * everyMs) return []
    return others.flatMap(({ id, beats }) => {
      const seen = watches.get(id)
      return seen && seen.beats === beats && at - seen.since >= leaseMs ? [{ id, beats }] : []
    })
  }

  function watch(processes: readonly LiveProcess[], at: number): void {
    // After a time in which this process did not look, or the database was away, everybody's lease begins anew.
    if (at - beatenAt > 2 * everyMs) watches.clear()
    const known = new Set(others.map(({ id }) => id))
    others = processes.filter(({ id }) => id !== processId)
    for (const { id, beats } of others) {
      if (watches.get(id)?.beats !== beats) watches.set(id, { beats, since: at })
      if (!known.has(id)) journal.info('process.joined', { process: id })
    }
    const living = new Set(others.map(({ id }) => id))
    for (const id of watches.keys()) if (!living.has(id)) watches.delete(id)
  }

  return {
    tick() {
      const pause = isFailing ? Math.min(probeMs, everyMs) : isHurried ? 0 : everyMs
      if (underWay || hasLeft || clock.elapsed() - triedAt < pause) return
      // That the database is gone is said elsewhere.
      run().catch((error: unknown) => {
        if (!(error instanceof StoreUnavailable)) journal.error('beat.failed', { error: error as Error })
      })
    },
    hurry() {
      isHurried = true
    },
    beat: run,
    // A little before the others could: an attempt that is begun now must not come after theirs.
    isLeased: () => clock.elapsed() - beatenAt < leaseMs * 0.9,
    others: (role) => others.filter((each) => each.roles.includes(role)).length,
    async leave() {
      hasLeft = true
      // A beat that came after it would put this process into the list again, and nobody there.
      await underWay?.catch(() => {})
      await commit(leave, { processId })
    },
  }
}
