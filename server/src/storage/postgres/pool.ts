import pg from 'pg'
import type { Log } from '../../base/log.ts'
import { type Answer, type Ask, askOf, type Session, type Statement, sessionOn, types } from './session.ts'
import { Conflict, ConnectionLost, understand } from './understand.ts'

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
  journal: Log
}

/** Connections to the database that are opened as they are needed and replaced when they are lost. */
export function openPool({ url, name, connections, statementMs, journal }: PoolOptions): pg.Pool {
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
    onConnect: (client) => setUp(client, statementMs),
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
async function setUp(client: pg.ClientBase, statementMs: number): Promise<void> {
  await client.query(
    `SET statement_timeout = ${statementMs}; SET idle_in_transaction_session_timeout = ${statementMs};
     SET default_transaction_isolation = 'read committed'; SET jit = off`,
  )
}

const sessions = new WeakMap<pg.PoolClient, Session>()

/**
 * Runs work in a transaction and answers after its commit. Work that was undone because of another transaction is run
 * again.
 */
export async function transaction<Result>(pool: pg.Pool, work: (session: Session) => Promise<Result>): Promise<Result> {
  for (let tries = 1; ; tries++) {
    const client = await begin(pool)
    try {
      const session = sessions.get(client) ?? sessionOn(client)
      sessions.set(client, session)
      const result = await work(session)
      const { command } = await session.ask('COMMIT')
      // A failed statement whose error the work has swallowed undoes everything, and COMMIT does not fail.
      if (command !== 'COMMIT') throw new Error('the transaction was rolled back: one of its statements had failed')
      client.release()
      return result
    } catch (error) {
      await abandon(client, error)
      if (!(error instanceof Conflict) || tries === conflictTries) throw error
    }
  }
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

/** A connection with a transaction begun. */
async function begin(pool: pg.Pool): Promise<pg.PoolClient> {
  return (await onLive(pool, (client) => askOf(client, 'BEGIN', [], connectMs))).client
}

/**
 * Asks on a connection that lives. One that was lost unnoticed is found out by asking, and when the server was restarted
 * all of them may be such; one that stays silent is not, and to ask others as well would take too long.
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
      const isLost = error instanceof ConnectionLost
      client.release(isLost)
      if (!isLost || error.message.includes('Query read timeout') || tries === pool.options.max) throw error
    }
  }
}

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
