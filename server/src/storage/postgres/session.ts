import type { Writable } from 'node:stream'
import pg from 'pg'
import type { Savepoint } from '../../base/command.ts'
import { storableText } from '../rows.ts'
import { ConnectionLost, understand } from './understand.ts'

/** A statement that stays prepared on every connection that has run it. */
export interface Statement {
  name: string
  text: string
}

export interface Answer<Row> {
  rows: Row[]
  /** Rows answered or changed. */
  count: number
  /** What the server says it did, such as `COMMIT`. */
  command: string
}

/** Asks the database one thing. Rejects with what `understand` makes of the error. */
export type Ask = <Row = Record<string, unknown>>(
  statement: string | Statement,
  values?: readonly unknown[],
) => Promise<Answer<Row>>

/**
 * One connection, as the stores of a transaction use it. Questions are answered in the order in which they were asked,
 * and need not wait for each other: after one that failed, the others fail too, up to the end of the transaction.
 */
export interface Session extends Savepoint {
  ask: Ask
}

/** Asks through a connection. `limitMs` is how long this side waits, for a server that has gone silent. */
export async function askOf<Row>(
  client: pg.ClientBase,
  statement: string | Statement,
  values: readonly unknown[] = [],
  limitMs?: number,
): Promise<Answer<Row>> {
  const config = typeof statement === 'string' ? { text: statement } : { name: statement.name, text: statement.text }
  const timeout = limitMs === undefined ? {} : { query_timeout: limitMs }
  try {
    holdWrites(client)
    const result = await client.query({ ...config, ...timeout, values: values.map(sendable) })
    return { rows: result.rows as Row[], count: result.rowCount ?? 0, command: result.command }
  } catch (error) {
    throw understand(error)
  }
}

/** Sends what is asked in one turn as one write: a system call for each statement would cost more than the statement. */
function holdWrites(client: pg.ClientBase): void {
  const { stream } = (client as unknown as { connection: { stream: Writable } }).connection
  if (held.has(stream)) return
  held.add(stream)
  stream.cork()
  process.nextTick(() => {
    held.delete(stream)
    stream.uncork()
  })
}

const held = new WeakSet<Writable>()

/** A session on a connection that somebody else opens, begins a transaction on, and closes. */
export function sessionOn(client: pg.ClientBase): Session {
  const ask: Ask = (statement, values) => askOf(client, statement, values)
  let depth = 0
  return {
    ask,
    async savepoint(run) {
      const name = `s${depth++}`
      unwatched(ask(`SAVEPOINT ${name}`))
      try {
        const result = await run()
        unwatched(ask(`RELEASE ${name}`))
        return result
      } catch (error) {
        if (!(error instanceof ConnectionLost)) await ask(`ROLLBACK TO ${name}; RELEASE ${name}`)
        throw error
      } finally {
        depth--
      }
    },
  }
}

/** Something whose failure shows in what is asked after it. */
function unwatched(asked: Promise<unknown>): void {
  asked.catch(() => {})
}

/** `int8` as a number: every one that is read is below 2^53. For one connection only: the driver's own table is global. */
export const types: pg.CustomTypesConfig = {
  getTypeParser: ((oid: number, format?: 'text' | 'binary') =>
    oid === pg.types.builtins.INT8 && format !== 'binary'
      ? Number
      : pg.types.getTypeParser(oid, format as 'text')) as typeof pg.types.getTypeParser,
}

/** A value as the driver may send it. A text with a NUL would fail its statement wherever the text came from. */
function sendable(value: unknown): unknown {
  return typeof value === 'string' ? storableText(value) : value
}
