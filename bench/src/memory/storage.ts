import type { Clock } from '../../../server/src/base/clock.ts'
import type { Command } from '../../../server/src/base/command.ts'
import type { Reads, Storage, Stores } from '../../../server/src/storage/stores.ts'
import { memoryStores } from './stores.ts'

interface Call {
  command: Command<Stores, unknown, unknown>
  args: unknown
  resolve(result: unknown): void
  reject(error: unknown): void
}

/**
 * A store that answers from memory and keeps nothing: what Trunkline would reach if storing were free. It runs the
 * server's own commands and groups those of a turn as the writer of a database does, because that is quicker.
 */
export async function openStorage(_config: unknown, { clock }: { clock: Clock }): Promise<Storage> {
  const { stores, reads } = memoryStores()
  let queue: Call[] = []

  async function flush(): Promise<void> {
    const calls = queue
    queue = []
    for (let at = 0; at < calls.length; ) {
      const group = groupAt(calls, at)
      at += group.length
      await run(stores, group)
    }
  }

  return {
    engine: 'sqlite',
    commit: (command, args) =>
      new Promise((resolve, reject) => {
        const call = { command, args, resolve, reject } as unknown as Call
        if (queue.push(call) === 1) setImmediate(flush)
      }),
    reads: reads as Reads,
    settledUpTo: async () => Number.MAX_SAFE_INTEGER,
    signals: { send() {}, listen() {} },
    clock,
    close: async () => {},
  }
}

function groupAt(calls: readonly Call[], from: number): Call[] {
  const first = calls[from]
  if (!first) return []
  let to = from + 1
  if (first.command.isGrouped) while (calls[to]?.command === first.command) to++
  return calls.slice(from, to)
}

async function run(stores: Stores, group: readonly Call[]): Promise<void> {
  try {
    const results = await group[0]?.command.runAll(
      stores,
      group.map((call) => call.args),
    )
    for (const [i, call] of group.entries()) call.resolve(results?.[i])
  } catch (error) {
    for (const call of group) call.reject(error)
  }
}
