import type { Clock } from '../base/clock.ts'
import type { Commit } from '../base/command.ts'
import { StoreUnavailable } from '../base/errors.ts'
import type { Log } from '../base/log.ts'
import type { Meter } from '../base/meter.ts'
import { type Keep, lineOf, type SweepName, sweeps } from './keep.ts'
import { sweepOnce } from './sweep.ts'

/** How long to wait when nothing more is old. */
const lookEveryMs = 60_000
/** At least as long as a turn took, and never less than this, everybody else has the database. */
const leastRestMs = 5

/**
 * A clock that jumps ahead by more than this, or stands so far beyond where the last process saw it, may be wrong: it would have
 * everything removed that is young. It is given some time to be set right.
 */
const mostJumpMs = 24 * 60 * 60 * 1000

/** Something that is done in bounded turns. */
export interface Turn {
  name: string
  /** One turn; answers how much it did and whether there may be more at once. */
  run(): Promise<{ done: number; isDone: boolean }>
}

export interface RetentionLoop {
  /** Ends after the turn that is under way. */
  stop(): Promise<void>
}

/** The turns that remove what is kept long enough. */
export function sweepTurns(needs: {
  keep: Keep
  followers: readonly string[]
  commit: Commit
  clock: Clock
}): readonly Turn[] {
  const { keep, followers, commit, clock } = needs
  return (Object.keys(sweeps) as SweepName[]).flatMap((sweep) => {
    if (lineOf(sweep, keep, 0) === undefined) return []
    const run = async () => {
      const now = clock.now()
      const before = lineOf(sweep, keep, now) ?? 0
      const { removed, isDone, isElsewhere } = await commit(sweepOnce, { sweep, before, now, followers })
      return { done: removed, isDone: isDone || isElsewhere }
    }
    return [{ name: sweep, run }]
  })
}

/**
 * Takes turns at what must be done in the background, one after the other and each with a rest behind it, so that who
 * accepts and delivers never waits for more than one of them. May die at any moment, and several processes may do it at
 * once: each turn keeps its place in its own transaction.
 */
export function startRetention(needs: {
  turns: readonly Turn[]
  clock: Clock
  journal: Log
  meter: Meter
  /** When anybody last took a turn, by the same clock; null for never. */
  lastRanAt(): Promise<number | null>
  /** How long nothing is done after the clock has jumped ahead. */
  clockSettlesMs: number
}): RetentionLoop {
  const { turns, clock } = needs
  const steadiness = watchClock(needs)
  let isStopping = false
  let rouse: (() => void) | undefined

  function pause(ms: number): Promise<void> {
    if (isStopping) return Promise.resolve()
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, ms)
      timer.unref()
      rouse = () => {
        clearTimeout(timer)
        resolve()
      }
    })
  }

  /** Every turn that has something to do, until none has. */
  async function round(): Promise<void> {
    let open = steadiness.isSteady() ? [...turns] : []
    const done = new Map<string, number>()
    while (open.length > 0 && !isStopping) {
      const next: Turn[] = []
      for (const turn of open) {
        if (isStopping || !steadiness.isSteady()) break
        const began = clock.elapsed()
        const outcome = await attempt(turn, needs)
        done.set(turn.name, (done.get(turn.name) ?? 0) + outcome.done)
        if (!outcome.isDone) next.push(turn)
        // Also after one that had to leave all it looked at: there may be millions of those.
        if (outcome.done > 0 || !outcome.isDone) await pause(Math.max(leastRestMs, clock.elapsed() - began))
      }
      open = next
    }
    for (const [name, rows] of done) {
      if (rows === 0) continue
      needs.meter.add('trunkline_removed_total', rows, { what: name })
      needs.journal.info('retention.removed', { what: name, rows })
    }
  }

  async function run(): Promise<void> {
    while (!isStopping) {
      await steadiness.begin()
      await round()
      await pause(lookEveryMs)
    }
  }

  const running = run()
  return {
    async stop() {
      isStopping = true
      rouse?.()
      await running
    },
  }
}

/** Tells whether the time of day can be believed: a stopwatch beside it sees it jump. */
function watchClock({
  clock,
  journal,
  lastRanAt,
  clockSettlesMs,
}: Pick<Parameters<typeof startRetention>[0], 'clock' | 'journal' | 'lastRanAt' | 'clockSettlesMs'>) {
  let last: { now: number; elapsed: number } | undefined
  let doubtfulUntil = Number.NEGATIVE_INFINITY
  return {
    /** Learns, at the first time, when there was somebody before. While the database cannot tell, nothing is believed. */
    async begin(): Promise<void> {
      if (last) return
      const ranAt = await lastRanAt().catch(() => undefined)
      if (ranAt !== undefined) last = { now: ranAt ?? clock.now(), elapsed: clock.elapsed() }
    },
    isSteady(): boolean {
      if (!last) return false
      const stands = { now: clock.now(), elapsed: clock.elapsed() }
      const jumpedMs = stands.now - last.now - (stands.elapsed - last.elapsed)
      last = stands
      if (jumpedMs > mostJumpMs) {
        doubtfulUntil = stands.elapsed + clockSettlesMs
        journal.warn('retention.clock-jumped', { aheadMs: jumpedMs, waitsMs: clockSettlesMs })
      }
      // It was set back: that was the mistake.
      else if (jumpedMs < -mostJumpMs) doubtfulUntil = Number.NEGATIVE_INFINITY
      return stands.elapsed >= doubtfulUntil
    },
  }
}

/** A turn that fails is taken again at the next look: what it keeps, it keeps whole. */
async function attempt(turn: Turn, { journal }: { journal: Log }): Promise<{ done: number; isDone: boolean }> {
  try {
    return await turn.run()
  } catch (error) {
    if (error instanceof StoreUnavailable) journal.warn('retention.waits', { what: turn.name, error })
    else journal.error('retention.failed', { what: turn.name, error: error as Error })
    return { done: 0, isDone: true }
  }
}
