import { createRequire } from 'node:module'
import type { DatabaseSync as Handle } from '@photostructure/sqlite'
import { StoreUnavailable } from '../../base/errors.ts'
import { storableText } from '../rows.ts'

type Statement = ReturnType<InstanceType<typeof Handle>['prepare']>

export type Value = string | number | bigint | null | Uint8Array
export type Row = Record<string, string | number | null | Uint8Array>

/** One open SQLite file, its statements prepared once. */
export interface Database {
  exec(sql: string): void
  /** Runs a statement that answers no rows; answers how many rows it changed. */
  run(sql: string, values: readonly Value[]): number
  /** Inserts one row; answers its number. Cheaper than `RETURNING`, which keeps what it answers in a table of its own first. */
  insert(sql: string, values: readonly Value[]): number
  one(sql: string, values: readonly Value[]): Row | undefined
  all(sql: string, values: readonly Value[]): Row[]
  close(): void
}

/** How long a statement waits for a lock of another connection. */
export const busyMs = 2000

/** Statements beyond this are prepared anew: lists with filters make many different ones. */
const preparedKept = 200

/**
 * Opens the file. Node 24 has `node:sqlite`; before it was experimental, so a package with the same API and SQLite
 * inside serves there.
 */
export function openDatabase(file: string, options: { readOnly?: boolean } = {}): Database {
  const { DatabaseSync } = load()
  const handle = new DatabaseSync(file, { readOnly: options.readOnly ?? false, timeout: busyMs })
  const prepared = new Map<string, Statement>()
  const prepare = (sql: string): Statement => {
    const known = prepared.get(sql)
    if (known) return known
    const [oldest] = prepared.keys()
    if (prepared.size >= preparedKept && oldest !== undefined) prepared.delete(oldest)
    const statement = handle.prepare(sql)
    prepared.set(sql, statement)
    return statement
  }
  return {
    exec: (sql) => handle.exec(sql),
    run: (sql, values) => Number(prepare(sql).run(...values.map(storable)).changes),
    insert: (sql, values) => Number(prepare(sql).run(...values.map(storable)).lastInsertRowid),
    one: (sql, values) => prepare(sql).get(...values.map(storable)) as Row | undefined,
    all: (sql, values) => prepare(sql).all(...values.map(storable)) as Row[],
    close() {
      prepared.clear()
      handle.close()
    },
  }
}

function storable(value: Value): Value {
  return typeof value === 'string' ? storableText(value) : value
}

function load(): { DatabaseSync: typeof Handle } {
  const require = createRequire(import.meta.url)
  return Number(process.versions.node.split('.')[0]) >= 24 ? require('node:sqlite') : require('@photostructure/sqlite')
}

/** SQLite's codes for a file that cannot take or give anything now: busy, no memory, read-only, I/O, full, cannot open. */
const unavailable = new Set([5, 7, 8, 10, 13, 14])

/** Turns an error of a file that is full or gone into `StoreUnavailable`; any other stays as it is. */
export function understand(error: unknown): unknown {
  const code = error instanceof Error && 'errcode' in error ? Number(error.errcode) & 0xff : undefined
  if (code === undefined || !unavailable.has(code)) return error
  return new StoreUnavailable(`SQLite: ${(error as Error).message}`, error)
}
