import type { Writable } from 'node:stream'
import pg from 'pg'
import type { Savepoint } from '../../base/command.ts'
import { together } from '../../base/together.ts'
import { storableText } from '../rows.ts'
import { ConnectionLost, understand } from './understand.ts'

/** A statement that stays prepared on every connection that has run it. */
export interface Statement {
  name: string
  text: string
  /** It writes nothing, so it may be asked of a transaction before BEGIN is answered. */
  onlyReads?: true
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
  /** Asks what has no answer that anybody needs. Nobody waits for it, and the transaction fails with it. */
  tell(statement: string | Statement, values?: readonly unknown[]): void
}

/** A session, for whoever begins its transactions and ends them. */
export interface OwnSession extends Session {
  /** Begins a transaction; `limitMs` is how long its answer may take. What only reads need not wait for that. */
  begin(limitMs: number): Promise<void>
  /** Commits, and waits for whatever nobody has waited for. */
  commit(): Promise<void>
  /** Why the transaction failed, where the error is one of what came after. */
  causeOf(error: unknown): Promise<unknown>
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

/** A session on a connection that somebody else opens and closes. */
export function sessionOn(client: pg.ClientBase): OwnSession {
  const gate = createGate()
  const ask: Ask = (statement, values) => gate.pass(statement, () => askOf(client, statement, values))
  let told: Promise<unknown>[] = []
  let depth = 0

  async function causeOf(error: unknown, since = 0): Promise<unknown> {
    const ended = await Promise.allSettled(told.slice(since))
    return ended.find((each) => each.status === 'rejected')?.reason ?? error
  }

  return {
    ask,
    tell(statement, values) {
      const asked = ask(statement, values)
      unwatched(asked)
      told.push(asked)
    },
    begin(limitMs) {
      told = []
      return gate.begin(askOf(client, 'BEGIN', [], limitMs))
    },
    async commit() {
      const [{ command }] = await together([ask('COMMIT'), ...told])
      // A failed statement whose error the work has swallowed undoes everything, and COMMIT does not fail.
      if (command !== 'COMMIT') throw new Error('the transaction was rolled back: one of its statements had failed')
    },
    causeOf,
    async savepoint(run) {
      const name = `s${depth++}`
      const before = told.length
      unwatched(ask(`SAVEPOINT ${name}`))
      try {
        const result = await run()
        // What fails of what was told here is to be undone here.
        await together(told.slice(before))
        unwatched(ask(`RELEASE ${name}`))
        return result
      } catch (error) {
        const cause = await causeOf(error, before)
        told.length = before
        if (!(cause instanceof ConnectionLost)) await ask(`ROLLBACK TO ${name}; RELEASE ${name}`)
        throw cause
      } finally {
        depth--
      }
    },
  }
}

/** Keeps questions from being asked before a transaction has begun, for without one each would be kept by itself. */
interface Gate {
  begin(asked: Promise<unknown>): Promise<void>
  pass<Result>(statement: string | Statement, ask: () => Promise<Result>): Promise<Result>
}

function createGate(): Gate {
  let beginning: Promise<void> | undefined
  let isShut = false
  return {
    begin(asked) {
      isShut = false
      const opening = asked.then(() => {
        beginning = undefined
      })
      beginning = opening
      unwatched(opening)
      return opening
    },
    pass(statement, ask) {
      if (!beginning) return ask()
      if (!isShut && typeof statement === 'object' && statement.onlyReads) return ask()
      // What comes behind one that waits does not overtake it.
      isShut = true
      return beginning.then(ask)
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
