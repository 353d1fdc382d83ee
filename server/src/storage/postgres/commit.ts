import type pg from 'pg'
import type { Commit } from '../../base/command.ts'
import { StoreUnavailable } from '../../base/errors.ts'
import type { AnyCommand } from '../stores.ts'
import { transaction } from './pool.ts'
import { storesOn } from './stores.ts'

/** At most this many calls in one transaction: more would make everybody in it wait. */
const groupLimit = 512

interface Call {
  args: never
  resolve(result: never): void
  reject(error: unknown): void
}

export interface Committer {
  commit: Commit
  /** Takes no more and waits for what was taken. */
  drain(): Promise<void>
}

/**
 * Runs commands on a pool: a plain one in a transaction of its own, the calls of a grouped one together. A group is
 * whatever was queued when a connection became free for it, so that groups grow with the load and no call waits when
 * there is none.
 */
export function createCommitter(pool: pg.Pool, commands: readonly AnyCommand[]): Committer {
  const queues = new Map<AnyCommand, ReturnType<typeof createQueue>>()
  const byName = new Map(commands.map((each) => [each.name, each]))
  const underWay = new Set<Promise<unknown>>()
  let isClosing = false

  function start(command: AnyCommand, args: never): Promise<unknown> {
    if (!command.isGrouped) return runOne(pool, command, args)
    const queue = queues.get(command) ?? createQueue(pool, command)
    queues.set(command, queue)
    return queue(args)
  }

  return {
    commit: async ({ name }, args) => {
      if (isClosing) throw new StoreUnavailable('the database is being closed')
      const command = byName.get(name)
      if (!command) throw new Error(`command "${name}" is not in the table of commands`)
      const answer = start(command, args as never)
      underWay.add(answer)
      try {
        return (await answer) as never
      } finally {
        underWay.delete(answer)
      }
    },
    async drain() {
      isClosing = true
      await Promise.allSettled(underWay)
    },
  }
}

/**
 * Queues the calls of one command and runs them in groups, one at a time: the next one is whatever was queued meanwhile.
 * Two at once would be hardly faster, and can wait for each other's rows.
 */
function createQueue(pool: pg.Pool, command: AnyCommand): (args: never) => Promise<never> {
  let waiting: Call[] = []
  let isRunning = false
  const take: Take = (most) => {
    const calls = waiting.slice(0, most)
    waiting = waiting.slice(most)
    return calls
  }

  async function run(): Promise<void> {
    if (isRunning) return
    isRunning = true
    while (waiting.length > 0) await runGroup(pool, command, take)
    isRunning = false
  }

  return (args) =>
    new Promise((resolve, reject) => {
      waiting.push({ args, resolve, reject })
      // Everything that is queued in this turn goes into one group.
      if (!isRunning && waiting.length === 1) setImmediate(run)
    })
}

/** Takes calls out of a queue, at most so many. */
type Take = (most: number) => readonly Call[]

/** Takes calls once there is a connection, and runs them. Never rejects: each call is told by itself. */
async function runGroup(pool: pg.Pool, command: AnyCommand, take: Take): Promise<void> {
  let calls: readonly Call[] | undefined
  try {
    const results = await transaction(pool, (session) => {
      calls ??= take(groupLimit)
      return command.runAll(
        storesOn(session),
        calls.map(({ args }) => args),
      )
    })
    for (const [i, { resolve }] of (calls ?? []).entries()) resolve(results[i] as never)
  } catch (error) {
    // There was no connection to be had: who waits for one behind this group would fare no better, and hears it now.
    const failed = calls ?? take(Number.POSITIVE_INFINITY)
    if (error instanceof StoreUnavailable || failed.length <= 1) for (const { reject } of failed) reject(error)
    else await runHalves(pool, command, failed)
  }
}

/** Runs a group that failed again in halves, and those that fail in halves again: one bad call fails alone. */
async function runHalves(pool: pg.Pool, command: AnyCommand, calls: readonly Call[]): Promise<void> {
  const middle = Math.ceil(calls.length / 2)
  await runGroup(pool, command, () => calls.slice(0, middle))
  await runGroup(pool, command, () => calls.slice(middle))
}

async function runOne(pool: pg.Pool, command: AnyCommand, args: never): Promise<unknown> {
  const [result] = await transaction(pool, (session) => command.runAll(storesOn(session), [args]))
  return result
}
