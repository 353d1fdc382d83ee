import { accounts } from '../../accounts/follow-accounts.ts'
import { command, groupCommand } from '../../base/command.ts'
import { Problem, StoreUnavailable } from '../../base/errors.ts'
import { commands as ofServer } from '../../commands.ts'
import type { Event } from '../../events/event.ts'
import { advanceCommand } from '../../events/follow/follow.ts'
import type { AnyFollower, Follower } from '../../events/follow/follower.ts'
import { rerunCommand } from '../../events/follow/rerun.ts'
import { retryCommand } from '../../events/follow/retry.ts'
import { type Accepted, acceptAfterAll } from '../../events/quarantine.ts'
import type { NewRequest } from '../../events/request.ts'
import { countStep } from '../../jobs/exercise-jobs.ts'
import { fanOut } from '../../outbound/fan-out/fan-out.ts'
import type { AnyCommand, Stores } from '../stores.ts'

/** Calls one method of one store: what no command of the server does alone. */
export const callStore = command<Stores, { store: string; method: string; args: readonly unknown[] }, unknown>(
  'exercise-call-store',
  (tx, { store, method, args }) => {
    const methods = tx[store as keyof Stores] as unknown as Record<string, (...args: readonly unknown[]) => unknown>
    const run = methods[method]
    if (!run) throw new Error(`store "${store}" has no method "${method}"`)
    return Promise.resolve(run(...args))
  },
)

/** Accepts requests that were refused, with nothing around it. */
export const acceptCommand = command<Stores, { requests: readonly NewRequest[]; now: number }, Accepted>(
  'exercise-accept',
  (tx, { requests, now }) => acceptAfterAll(tx, requests, now),
)

/** A write that anybody can look for: keeps its value in the keyring, then fails if it is told to. */
export interface Write {
  name: string
  value: string
  fails?: 'problem' | 'fault' | 'unavailable' | 'statement'
}

export const writeOne = command<Stores, Write, string>('exercise-write-one', write)

/** Its calls are handled together, and one that fails fails the whole group. */
export const writeMany = groupCommand<Stores, Write, { value: string; groupOf: number }>(
  'exercise-write-many',
  async (tx, calls) => {
    const results: { value: string; groupOf: number }[] = []
    for (const call of calls) results.push({ value: await write(tx, call), groupOf: calls.length })
    return results
  },
)

/** Writes both, each in a savepoint: what fails inside is undone, and the rest is kept. Savepoints stand in each other. */
export const writeApart = command<Stores, { outer: Write; inner: Write }, readonly string[]>(
  'exercise-write-apart',
  async (tx, { outer, inner }) => {
    const kept: string[] = []
    const attempt = async (work: () => Promise<unknown>) => {
      try {
        await tx.savepoint(work)
      } catch (error) {
        kept.push(error instanceof Error ? error.message : String(error))
      }
    }
    await attempt(async () => {
      await attempt(() => write(tx, inner))
      await write(tx, outer)
    })
    return kept
  },
)

/** Swallows what a failed statement says, as no command may. */
export const swallow = command<Stores, Write, null>('exercise-swallow', async (tx, call) => {
  await tx.keyring.keep(call.name, call.value)
  await write(tx, call).catch(() => {})
  return null
})

async function write(tx: Stores, { name, value, fails }: Write): Promise<string> {
  const kept = await tx.keyring.keep(name, value)
  switch (fails) {
    case 'problem':
      throw new Problem('CONFLICT', `"${name}" is refused`)
    case 'fault':
      throw new TypeError(`"${name}" is a fault`)
    case 'unavailable':
      throw new StoreUnavailable(`"${name}" finds no database`)
    case 'statement':
      // Null where the column takes none.
      await tx.keyring.keep(`${name} again`, null as unknown as string)
  }
  return kept
}

/** Notes in the keyring which events it has handled, and cannot handle those whose type begins with `poison`. */
export const noting: Follower<Stores> = {
  readsData: true,
  name: 'exercise-noting',
  async run(tx, events) {
    for (const event of events) await note(tx, event)
    return { lanes: events.map(({ id }) => id), made: events.length, requests: [] }
  },
}

async function note(tx: Stores, { id, type, seq }: Event): Promise<void> {
  await tx.keyring.keep(`noted ${id}`, String(seq))
  if (type === 'poison.thrown') throw new Error(`cannot handle "${id}"`)
  if (type === 'poison.statement') await tx.keyring.keep(`never ${id}`, null as unknown as string)
  if (type === 'outage') throw new StoreUnavailable('gone')
}

/** Moves the server's followers and those of the suite. */
const followers: readonly AnyFollower<Stores>[] = [fanOut, accounts, noting]
export const advance = advanceCommand<Stores>(followers)
export const retry = retryCommand<Stores>(followers)
export const rerun = rerunCommand<Stores>(followers)

/** Every command of the server and of the suite: what the writer of a test is given. */
export const commands: readonly AnyCommand[] = [
  ...ofServer.filter(({ name }) => ![advance, retry, rerun].some((own) => own.name === name)),
  acceptCommand,
  advance,
  retry,
  rerun,
  callStore,
  countStep,
  swallow,
  writeApart,
  writeMany,
  writeOne,
]
