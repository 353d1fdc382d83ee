import { randomBytes } from 'node:crypto'
import { fileURLToPath } from 'node:url'
import pg from 'pg'
import type { Bench } from '../parts/bench.ts'
import { type Child, startChild } from './child.ts'
import type { Database } from './databases.ts'
import type { AppendSync, Redis, RedisServer } from './redis.ts'
import type { System } from './system.ts'

/** The same work built the usual way: one of the programs in `rivals/`. */
export interface RivalPlan {
  program: 'bullmq' | 'pg-boss' | 'graphile-worker'
  args?: readonly string[]
  redis?: { source: Redis; appendSync: AppendSync }
}

/** Starts a rival on a database, and where it needs one a Redis, of its own. */
export async function openRival(bench: Bench, { program, args = [], redis }: RivalPlan): Promise<System> {
  const secret = `whsec_${randomBytes(24).toString('base64')}`
  let database: Database | undefined
  let queue: RedisServer | undefined
  let child: Child | undefined
  const stop = async () => {
    await child?.stop()
    await queue?.stop()
    await database?.drop()
  }
  try {
    const opened = await bench.databases?.create()
    if (!opened) throw new Error('a rival needs PostgreSQL')
    database = opened
    queue = await redis?.source.start(bench.workFolder, redis.appendSync)
    child = await startChild(bench.workFolder, () => ({
      args: [fileURLToPath(new URL(`../rivals/${program}.js`, import.meta.url)), ...args],
      env: {
        NODE_ENV: 'production',
        DATABASE_URL: opened.url,
        REDIS_URL: queue?.url ?? '',
        ENDPOINT_URL: `http://127.0.0.1:${bench.receiver.port}/`,
        SIGNING_SECRET: secret,
      },
      isReady: /^ready (\d+)$/m,
    }))
    const databasePids = bench.databases?.pids
    return {
      ports: [Number(child.greeting[1])],
      path: '/in/bench',
      secrets: [secret],
      watched: { pids: [child.pid], databasePids: databasePids && [...databasePids, ...(queue ? [queue.pid] : [])] },
      assertRuns: child.assertRuns,
      assertRecorded: (events) => assertRecorded(opened.url, events),
      stop,
    }
  } catch (error) {
    await stop()
    throw error
  }
}

/** Every event that was answered is a row, its delivery is done, and an attempt says so. */
async function assertRecorded(databaseUrl: string, events: number): Promise<void> {
  const client = new pg.Client({ connectionString: databaseUrl })
  await client.connect()
  try {
    let found = 'nothing'
    for (let tried = 0; tried < 50; tried++) {
      const { rows } = await client.query<{ kept: string; done: string; tried: string }>(
        `SELECT (SELECT count(*) FROM events) AS kept,
          (SELECT count(*) FROM deliveries WHERE status = 'delivered') AS done,
          (SELECT count(DISTINCT delivery_id) FROM attempts) AS tried`,
      )
      found = JSON.stringify(rows[0])
      if (found === JSON.stringify({ kept: `${events}`, done: `${events}`, tried: `${events}` })) return
      await new Promise((resolve) => setTimeout(resolve, 100))
    }
    throw new Error(`${events} events were answered, and 5 s after the last one arrived the tables have ${found}`)
  } finally {
    await client.end()
  }
}
