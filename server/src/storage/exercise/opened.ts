import { afterAll, beforeAll } from 'vitest'
import { newId } from '../../base/id.ts'
import type { Storage, Stores } from '../stores.ts'
import { callStore } from './commands.ts'

/** A value of a row as it is read and written behind the storage's back. */
export type Value = string | number | null

/** An engine with an empty database of its own. */
export interface Opened {
  storage: Storage
  /** Looks into the tables, or changes them, behind the storage's back; values stand for `?`. */
  sql(text: string, ...values: Value[]): Promise<Record<string, unknown>[]>
  /** Closes the storage and answers another one on the same database. */
  reopen(): Promise<Storage>
  cleanup(): Promise<void>
}

export type Open = () => Promise<Opened>

/** Every store as it is inside a transaction; each call is a command of its own. */
export type Inside = Omit<Stores, 'savepoint'>

/** What the cases of one part of the suite share. */
export interface Bench {
  storage: Storage
  inside: Inside
  sql: Opened['sql']
  reopen(): Promise<void>
  /** A new tenant. */
  workspace(): Promise<string>
}

/** Opens a database before the cases of a part and removes it after them. */
export function bench(open: Open): Bench {
  let opened: Opened | undefined
  const now = (): Opened => {
    if (!opened) throw new Error('the database is opened before the first case')
    return opened
  }
  beforeAll(async () => {
    opened = await open()
  })
  afterAll(() => opened?.cleanup())
  return {
    get storage() {
      return now().storage
    },
    get inside() {
      return insideOf(now().storage)
    },
    sql: (text, ...values) => now().sql(text, ...values),
    async reopen() {
      now().storage = await now().reopen()
    },
    async workspace() {
      const id = newId('workspace', 0)
      await now().sql('INSERT INTO workspaces (id, name, created_at) VALUES (?, ?, 0)', id, 'tenant')
      return id
    },
  }
}

/** `insideOf(storage).lanes.take(…)` takes a lane in a transaction of its own. */
export function insideOf(storage: Storage): Inside {
  const store = (name: string) =>
    new Proxy(
      {},
      {
        get:
          (_, method) =>
          (...args: unknown[]) =>
            storage.commit(callStore, { store: name, method: String(method), args }),
      },
    )
  return new Proxy({}, { get: (_, name) => store(String(name)) }) as Inside
}
