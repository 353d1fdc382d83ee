import pg from 'pg'
import type { Log } from '../../base/log.ts'
import {
  type Answer,
  type Ask,
  askOf,
  type OwnSession,
  type Session,
  type Statement,
  sessionOn,
  types,
} from './session.ts'
import { Conflict, ConnectionLost, NotBegun, understand } from './understand.ts'

/** What waits for a connection, a new one or one in use, waits this long: a sender must have its 503 within a second. */
const connectMs = 1000
/** What the server may take is longer for us to wait: it is the server that ends a slow statement, while it answers at all. */
const silenceMs = 1000
const idleMs = 60_000
/** How often a transaction is run again that was undone for another one's sake. */
const conflictTries = 4

export interface PoolOptions {
  url: string
  /** Shown in `pg_stat_activity`. */
  name: string
  connections: number
  /** How long a statement may take, and a transaction may wait for its next one. */
  statementMs: number
  /** Whether commands are run on them: `plainPlans`. */
  isForCommands?: boolean
  journal: Log
}

/** Connections to the database that are opened as they are needed and replaced when they are lost. */
export function openPool(options: PoolOptions): pg.Pool {
  const { url, name, connections, statementMs, journal } = options
  const pool = new pg.Pool({
    connectionString: url,
    application_name: name,
    max: connections,
    connectionTimeoutMillis: connectMs,
    idleTimeoutMillis: idleMs,
    query_timeout: statementMs + silenceMs,
    keepAlive: true,
    // Statements that do not need each other's answers go out together: a round trip each would be most of their time.
    pipeline: true,
    types,
    onConnect: (client) => setUp(client, options),
  })
  pool.on('error', (error) => journal.warn('postgres.connection_lost', { error: error as Error }))
  // Without a listener of its own a connection that is lost between two statements would end the process.
  pool.on('connect', (client) => client.on('error', () => {}))
  return pool
}

/**
 * Settings of a connection, not of its start: poolers refuse those. READ COMMITTED, because every rule about locks is
 * made for it. No JIT: compiling takes longer than any statement here.
 */
async function setUp(client: pg.ClientBase, { statementMs, isForCommands }: PoolOptions): Promise<void> {
  await client.query(
    `SET statement_timeout = ${statementMs}; SET idle_in_transaction_session_timeout = ${statementMs};
     SET default_transaction_isolation = 'read committed'; SET jit = off; ${isForCommands ? plainPlans : ''}`,
  )
}

/**
 * What commands ask looks up a few rows by an index, however many there are. One plan for each prepared statement: planning
 * the log's partitions took four times as long as the answer. By an index also while the tables are small: the plan is still in
 * use when they are not, and the server has counted the rows only a minute later.
 */
const plainPlans = 'SET plan_cache_mode = force_generic_plan; SET enable_seqscan = off'

const sessions = new WeakMap<pg.PoolClient, OwnSession>()

/**
 * Runs work in a transaction and answers after its commit. Work that was undone because of another transaction is run
 * again, and so is work on a connection that turns out to have been lost before. Rejects with `NotBegun` when no
 * transaction could be begun.
 */
export async function transaction<Result>(pool: pg.Pool, work: (session: Session) => Promise<Result>): Promise<Result> {
  for (let tries = 1, lost = 0; ; ) {
    const client = await acquire(pool).catch(notBegun)
    const session = sessions.get(client) ?? sessionOn(client)
    sessions.set(client, session)
    try {
      const result = await runIn(session, work)
      client.release()
      return result
    } catch (error) {
      await abandon(client, error)
      if (error instanceof NotBegun && wasLostUnnoticed(error) && lost < pool.options.max) lost++
      else if (error instanceof Conflict && tries < conflictTries) tries++
      else throw error
    }
  }
}

/** The work goes ahead before it is known that the transaction has begun; it writes nothing until then. */
async function runIn<Result>(session: OwnSession, work: (session: Session) => Promise<Result>): Promise<Result> {
  const begun = session.begin(connectMs).catch(notBegun)
  const working = work(session)
  working.catch(() => {})
  try {
    await begun
  } catch (error) {
    // It fails with its next question. A connection that is going to be used again must not hear that from it.
    if (!(error instanceof NotBegun)) await working.catch(() => {})
    throw error
  }
  try {
    const result = await working
    await session.commit()
    return result
  } catch (error) {
    throw await session.causeOf(error)
  }
}

function notBegun(error: unknown): never {
  throw error instanceof ConnectionLost ? new NotBegun(error.message, error.cause) : error
}

/** Asks one thing outside a transaction. Only for what may be asked twice. */
export async function askPool<Row>(
  pool: pg.Pool,
  statement: string | Statement,
  values?: readonly unknown[],
): Promise<Answer<Row>> {
  return askTogether(pool, (ask) => ask<Row>(statement, values))
}

/**
 * Asks several things at once outside a transaction, on one connection: they are answered one after the other, each as
 * a statement of its own. Only for what may be asked twice.
 */
export async function askTogether<Result>(pool: pg.Pool, work: (ask: Ask) => Promise<Result>): Promise<Result> {
  const { client, answer } = await onLive(pool, (each) => work((statement, values) => askOf(each, statement, values)))
  client.release()
  return answer
}

/**
 * Asks on a connection that lives. One that was lost unnoticed is found out by asking, and when the server was restarted
 * all of them may be such.
 */
async function onLive<Result>(
  pool: pg.Pool,
  ask: (client: pg.PoolClient) => Promise<Result>,
): Promise<{ client: pg.PoolClient; answer: Result }> {
  for (let tries = 0; ; tries++) {
    const client = await acquire(pool)
    try {
      return { client, answer: await ask(client) }
    } catch (error) {
      client.release(error instanceof ConnectionLost)
      if (!wasLostUnnoticed(error) || tries === pool.options.max) throw error
    }
  }
}

/** Whether the connection was gone before. One that stays silent is not, and to ask others as well would take too long. */
const wasLostUnnoticed = (error: unknown): boolean =>
  error instanceof ConnectionLost && !error.message.includes('Query read timeout')

async function acquire(pool: pg.Pool): Promise<pg.PoolClient> {
  try {
    return await pool.connect()
  } catch (error) {
    const understood = understand(error)
    // Whatever keeps a connection from being made, a password changed meanwhile too, the database is not there.
    throw understood instanceof ConnectionLost ? understood : new ConnectionLost(`PostgreSQL: ${error}`, error)
  }
}

async function abandon(client: pg.PoolClient, error: unknown): Promise<void> {
  if (error instanceof ConnectionLost) return client.release(true)
  try {
    await askOf(client, 'ROLLBACK', [], connectMs)
    client.release()
  } catch {
    client.release(true)
  }
}
