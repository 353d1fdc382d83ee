import { type MessagePort, receiveMessageOnPort } from 'node:worker_threads'
import type { AnyCommand, Stores } from '../stores.ts'
import { busyMs, type Database, openDatabase, understand } from './database.ts'
import { type Call, type Reply, toFailure } from './messages.ts'
import { sqliteStores } from './stores.ts'

/** The write-ahead log is written back on another thread; past this many bytes the writer has it begin anew. */
const walLimitBytes = 32 * 1024 * 1024
/**
 * What its file keeps when it begins anew: under load it is about as long as this, and a file that grows with each commit is slower
 * than one that is there. One that had to grow far longer, because somebody read for long, is cut.
 */
const walKeptBytes = 64 * 1024 * 1024

/** Past this many commands in a transaction, what else has arrived waits for the next one: everybody in it waits for all. */
const groupLimit = 512
/** A call with more than this has a transaction of its own: megabytes on their way to the disk must not hold up the others. */
const heavyBytes = 256 * 1024

/**
 * While groups are this large, a group of nothing but patient commands waits so long for others. Each would have a commit of its
 * own otherwise, for which the requests that come meanwhile wait: with it an event takes a tenth less of the processor.
 */
const busyGroup = 16
const patienceMs = 1

type Message = { calls: Call[] } | { walBytes: number } | { close: true }

/**
 * The one writer of a SQLite file, on its own thread. It gets the commands that were queued in a turn as one message,
 * joins what has arrived while it was busy, runs it in one transaction, and answers after the commit: fifty commands
 * share one fsync, and the writer never waits for the server to send the next group.
 *
 * Commands are `async`, but nothing they await takes a turn of the event loop, so no other message comes in between.
 */
export function serveWrites(port: MessagePort, file: string, commands: readonly AnyCommand[]): void {
  const database = openDatabase(file)
  prepareConnection(database)
  const stores = sqliteStores(database)
  const byName = new Map(commands.map((each) => [each.name, each]))
  const light: Call[] = []
  const heavy: Call[] = []
  let isRunning = false
  let isClosing = false
  let endPatience: (() => void) | undefined

  function take(message: Message): void {
    if ('close' in message) isClosing = true
    else if ('walBytes' in message) restartLog(database, message.walBytes)
    else for (const call of message.calls) (weightOf(call, byName) > heavyBytes ? heavy : light).push(call)
    if (!isPatient()) endPatience?.()
  }

  function takeAll(): void {
    for (let next = receiveMessageOnPort(port); next; next = receiveMessageOnPort(port)) take(next.message)
  }

  const isPatient = () =>
    !isClosing && heavy.length === 0 && light.every(({ name }) => byName.get(name)?.isPatient === true)

  /** Until something comes that cannot wait. */
  function patience(): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, patienceMs)
      endPatience = () => {
        clearTimeout(timer)
        resolve()
      }
    })
  }

  /** Groups of light calls and single heavy ones in turn, until there are none and none have arrived. */
  async function run(): Promise<void> {
    isRunning = true
    let size = 0
    while (light.length > 0 || heavy.length > 0) {
      if (size >= busyGroup && isPatient()) await patience()
      endPatience = undefined
      takeAll()
      size = Math.min(light.length, groupLimit)
      for (const calls of [light.splice(0, groupLimit), heavy.splice(0, 1)]) {
        if (calls.length > 0) port.postMessage(await runGroup(database, stores, byName, calls))
        takeAll()
      }
    }
    isRunning = false
    if (isClosing) end(database, port)
  }

  port.on('message', (message: Message) => {
    take(message)
    if (!isRunning) void run()
  })
  port.postMessage('ready')
}

function weightOf({ name, args }: Call, byName: ReadonlyMap<string, AnyCommand>): number {
  return byName.get(name)?.weigh?.(args as never) ?? 0
}

/**
 * `FULL`: a commit is on the disk before it is answered. Checkpoints are not the writer's own: they would stall it. What is
 * deleted is overwritten (`secure_delete`), so that what was erased cannot be read out of the file's free pages; accepting
 * deletes nothing, so it costs accepting nothing.
 */
export function prepareConnection(database: Database): void {
  database.exec(
    `PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA wal_autocheckpoint = 0; PRAGMA foreign_keys = ON;
     PRAGMA temp_store = MEMORY; PRAGMA cache_size = -65536; PRAGMA secure_delete = ON; PRAGMA journal_size_limit = ${walKeptBytes}`,
  )
}

async function runGroup(
  database: Database,
  stores: Stores,
  byName: ReadonlyMap<string, AnyCommand>,
  calls: readonly Call[],
): Promise<Reply[]> {
  try {
    database.exec('BEGIN IMMEDIATE')
    const replies: Reply[] = []
    for (const batch of batches(calls, byName)) replies.push(...(await runBatch(stores, batch)))
    database.exec('COMMIT')
    return replies
  } catch (error) {
    try {
      database.exec('ROLLBACK')
    } catch {} // already rolled back by SQLite itself
    const failure = toFailure(understand(error))
    return calls.map(({ id }) => ({ id, failure }))
  }
}

interface Batch {
  command: AnyCommand | undefined
  calls: Call[]
}

/**
 * The calls of a grouped command are handled together. What is queued together is under way at once, so no order is
 * promised; the hot commands come first, so that the follower finds the events that were appended with it.
 */
function batches(calls: readonly Call[], byName: ReadonlyMap<string, AnyCommand>): Batch[] {
  const grouped = new Map<string, Batch>()
  const single: Batch[] = []
  for (const call of calls) {
    const command = byName.get(call.name)
    const batch = grouped.get(call.name)
    if (batch) batch.calls.push(call)
    else if (command?.isGrouped) grouped.set(call.name, { command, calls: [call] })
    else single.push({ command, calls: [call] })
  }
  return [...grouped.values(), ...single]
}

async function runBatch(stores: Stores, { command, calls }: Batch): Promise<Reply[]> {
  try {
    if (!command) throw new Error(`command "${calls[0]?.name}" is not in the table of commands`)
    const args = calls.map((call) => call.args as never)
    const results = await stores.savepoint(() => command.runAll(stores, args))
    return calls.map(({ id }, i) => ({ id, result: results[i] }))
  } catch (error) {
    // The file took nothing: the whole group fails, and the transaction with it.
    const understood = understand(error)
    if (toFailure(understood).kind === 'unavailable') throw understood
    if (calls.length === 1) return calls.map(({ id }) => ({ id, failure: toFailure(understood) }))
    const replies: Reply[] = []
    for (const call of calls) replies.push(...(await runBatch(stores, { command, calls: [call] })))
    return replies
  }
}

/**
 * Passive checkpoints alone let the log grow without bound under constant writes: this makes it begin at its start again. A
 * reader that still needs what is in there (a backup, say) is not waited for, or nothing would be written for as long as it reads.
 */
function restartLog(database: Database, walBytes: number): void {
  if (walBytes < walLimitBytes) return
  try {
    database.exec('PRAGMA busy_timeout = 0; PRAGMA wal_checkpoint(RESTART)')
  } catch {} // the disk is full: the next one
  database.exec(`PRAGMA busy_timeout = ${busyMs}`)
}

function end(database: Database, port: MessagePort): void {
  try {
    database.exec('PRAGMA wal_checkpoint(TRUNCATE)')
  } catch {}
  database.close()
  port.postMessage('closed')
  port.close()
}
