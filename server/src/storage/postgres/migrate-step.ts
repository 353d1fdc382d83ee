import pg from 'pg'
import type { Migration, Upgrade } from '../migrations/migration.ts'

/** How a step waits for those who use what it changes. */
export interface Patience {
  /** Whoever comes after a step that waits for a table waits too, so it waits no longer than this at a time. */
  lockMs: number
  /** Between two tries everybody goes on. */
  pauseMs: number
  /** Then it is given up. */
  limitMs: number
}

const usual: Patience = { lockMs: 300, pauseMs: 700, limitMs: 60_000 }

/** A lock that did not come in time, and a deadlock that this transaction was ended for. */
const inTheWay = new Set(['55P03', '40P01'])

/**
 * Runs one step in one transaction. When a lock does not come soon, all that it holds is given back and the whole step is
 * tried again, so that running processes are never held up for long.
 */
export async function runStep(
  client: pg.ClientBase,
  watcher: pg.ClientBase,
  step: Migration,
  upgrade: Upgrade,
  { lockMs, pauseMs, limitMs }: Patience = usual,
): Promise<void> {
  const deadline = performance.now() + limitMs
  for (;;) {
    const watch = await watchHolders(client, watcher, lockMs / 4)
    try {
      await runOnce(client, step, upgrade, lockMs)
      return
    } catch (cause) {
      await client.query('ROLLBACK').catch(() => {}) // the connection is lost, and the transaction with it
      const isHeldUp = cause instanceof pg.DatabaseError && inTheWay.has(cause.code ?? '')
      if (!isHeldUp) throw failed(step, `: ${(cause as Error).message}. Mend what it names and start again.`, cause)
      const holders = await watch.seen()
      if (performance.now() > deadline)
        throw failed(
          step,
          `: for ${limitMs / 1000} s the tables were in use by ${holders}. End what it does there (SELECT pg_terminate_backend(…)) and start again.`,
          cause,
        )
      upgrade.journal.warn('postgres.migration_waits', { migration: step.name, holders })
    } finally {
      watch.stop()
    }
    await new Promise((resolve) => setTimeout(resolve, pauseMs))
  }
}

async function runOnce(
  client: pg.ClientBase,
  { name, postgres }: Migration,
  { now, version }: Upgrade,
  lockMs: number,
): Promise<void> {
  await client.query('BEGIN')
  await client.query(`SET LOCAL lock_timeout = ${lockMs}`)
  for (const statement of postgres) await client.query(statement)
  await client.query('INSERT INTO migrations (name, at, version) VALUES ($1, $2, $3)', [name, now, version])
  await client.query('COMMIT')
}

function failed({ name }: Migration, why: string, cause: unknown): Error {
  return new Error(`PostgreSQL: the migration "${name}" failed, and nothing of it was kept${why}`, { cause })
}

/** Looks again and again who holds what the connection waits for: afterwards nobody can tell. */
async function watchHolders(client: pg.ClientBase, watcher: pg.ClientBase, everyMs: number) {
  const { rows } = await client.query<{ pid: number }>('SELECT pg_backend_pid() AS pid')
  let holders = 'somebody who has gone meanwhile'
  let asked = Promise.resolve()
  const timer = setInterval(() => {
    asked = asked
      .then(async () => {
        const found = await holdersOf(watcher, rows[0]?.pid ?? 0)
        if (found !== '') holders = found
      })
      .catch(() => {}) // only for the message
  }, everyMs)
  return {
    stop: () => clearInterval(timer),
    async seen() {
      clearInterval(timer)
      await asked
      return holders
    },
  }
}

async function holdersOf(watcher: pg.ClientBase, waiting: number): Promise<string> {
  const { rows } = await watcher.query<{ pid: number; application: string; usename: string; state: string; s: number }>(
    `SELECT pid, application_name AS application, usename, state,
       floor(extract(epoch FROM clock_timestamp() - xact_start))::int AS s
     FROM pg_stat_activity WHERE pid = ANY (pg_blocking_pids($1))`,
    [waiting],
  )
  return rows
    .map(
      ({ pid, application, usename, state, s }) =>
        `process ${pid} ("${application}" of user "${usename}", ${state}, its transaction is ${s} s old)`,
    )
    .join(' and ')
}
