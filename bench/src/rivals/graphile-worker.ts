// A process of its own: Fastify takes, graphile-worker on PostgreSQL queues and delivers.
import { Logger, run, runMigrations } from 'graphile-worker'
import { acceptCalls, announce } from './accept.ts'
import { deliver } from './deliver.ts'
import { openClient } from './post.ts'
import { settings } from './settings.ts'
import { Store, type Work } from './store.ts'

const connectionString = settings.databaseUrl
const concurrentJobs = 100

// The job is added by the statement that stores the event: one round trip, and both or neither.
const store = new Store(
  connectionString,
  `SELECT graphile_worker.add_job('deliver', json_build_object('deliveryId', id, 'eventId', $1::text, 'type', $3::text,
     'receivedAt', $6::bigint, 'body', $5::text), max_attempts => 8) FROM delivery`,
)
await runMigrations({ connectionString })
await store.createTables()
const post = await openClient('undici', concurrentJobs)

const runner = await run({
  preset: {
    worker: {
      connectionString,
      concurrentJobs,
      maxPoolSize: 20,
      pollInterval: 500,
      // Jobs are fetched and completed many at once.
      localQueue: { size: 200 },
      completeJobBatchDelay: 5,
      failJobBatchDelay: 5,
      logger: new Logger(() => (level, message) => {
        if (level === 'error' || level === 'warning') console.error(message)
      }),
    },
  },
  taskList: {
    deliver: (payload, { job }) => deliver(payload as Work, job.attempts, { post, store }),
  },
  noHandleSignals: true,
})

const app = await acceptCalls(async (incoming) => {
  await store.accept(incoming)
})
announce(app, async () => {
  await runner.stop()
  await store.close()
})
