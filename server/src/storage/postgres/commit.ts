import type pg from 'pg'
import type { Commit } from '../../base/command.ts'
import { StoreUnavailable } from '../../base/errors.ts'
import type { AnyCommand } from '../stores.ts'
import { transaction } from './pool.ts'
import { storesOn } from './stores.ts'
import { NotBegun } from './understand.ts'

/** At most this many calls in one transaction: more would make everybody in it wait. */
const groupLimit = 512
/** At most this many bytes in one transaction, for the same reason; what is heavier than that goes alone. */
const groupBytes = 4 * 1024 * 1024

/**
 * The calls of a command wait in several queues, by their weight. PostgreSQL takes up to 2 s to compress and write 25 MiB,
 * and a light call that stood behind such a one, or in one group with it, would not be answered in time.
 */
const queueLimits = [256 * 1024, groupBytes] as const

interface Call {
  args: never
  bytes: number
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
  const queues = new Map<string, Queue>()
  const byName = new Map(commands.map((each) => [each.name, each]))
  const underWay = new Set<Promise<unknown>>()
  let isClosing = false

  /** What is drained before the end. Of a group it is the group: nothing is kept for each call. */
  function watch(work: Promise<unknown>): void {
    underWay.add(work)
    const end = () => void underWay.delete(work)
    work.then(end, end)
  }

  function queueOf(command: AnyCommand, bytes: number): Queue {
    const name = bytes > queueLimits[0] ? `${command.name}:${bytes > queueLimits[1] ? 2 : 1}` : command.name
    const known = queues.get(name)
    if (known) return known
    const queue = createQueue(pool, command, watch)
    queues.set(name, queue)
    return queue
  }

  return {
    commit: ({ name }, args) => {
      if (isClosing) return Promise.reject(new StoreUnavailable('the database is being closed'))
      const command = byName.get(name)
      if (!command) return Promise.reject(new Error(`command "${name}" is not in the table of commands`))
      if (command.isGrouped) {
        const bytes = command.weigh?.(args as never) ?? 0
        return queueOf(command, bytes)(args as never, bytes)
      }
      const answer = runOne(pool, command, args as never)
      watch(answer)
      return answer as Promise<never>
    },
    async drain() {
      isClosing = true
      await Promise.allSettled(underWay)
    },
  }
}

/** Takes a call, with how much it weighs, and answers its result. */
type Queue = (args: never, bytes: number) => Promise<never>

/**
 * Queues calls of one command and runs them in groups, one at a time: the next one is whatever was queued meanwhile. Two
 * at once would be hardly faster, and can wait for each other's rows.
 */
function createQueue(pool: pg.Pool, command: AnyCommand, watch: (running: Promise<unknown>) => void): Queue {
  let waiting: Call[] = []
  let isRunning = false
  const take: Take = (sizeOf) => {
    const size = sizeOf(waiting)
    const calls = waiting.slice(0, size)
    waiting = waiting.slice(size)
    return calls
  }

  async function run(): Promise<void> {
    while (waiting.length > 0) await runGroup(pool, command, take)
    isRunning = false
  }

  return (args, bytes) =>
    new Promise((resolve, reject) => {
      waiting.push({ args, bytes, resolve, reject })
      if (isRunning) return
      isRunning = true
      // Everything that is queued in this turn goes into one group.
      watch(new Promise((done) => setImmediate(() => void run().then(done))))
    })
}

/** Takes the first calls out of a queue, as many as are told by looking at it. */
type Take = (sizeOf: (waiting: readonly Call[]) => number) => readonly Call[]

/** How many of the first calls make a group. */
function groupSize(waiting: readonly Call[]): number {
  let bytes = 0
  let size = 0
  for (const call of waiting) {
    bytes += call.bytes
    if (size === groupLimit || (size > 0 && bytes > groupBytes)) break
    size++
  }
  return size
}

/** Takes calls once there is a connection, and runs them. Never rejects: each call is told by itself. */
async function runGroup(pool: pg.Pool, command: AnyCommand, take: Take): Promise<void> {
  let calls: readonly Call[] | undefined
  try {
    const results = await transaction(pool, (session) => {
      calls ??= take(groupSize)
      return command.runAll(
        storesOn(session),
        calls.map(({ args }) => args),
      )
    })
    for (const [i, { resolve }] of (calls ?? []).entries()) resolve(results[i] as never)
  } catch (error) {
    // There was no connection to be had: who waits for one behind this group would fare no better, and hears it now.
    const behind = error instanceof NotBegun ? take((waiting) => waiting.length) : []
    const failed = [...(calls ?? []), ...behind]
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
