// A process of its own: Fastify takes, pg-boss on PostgreSQL queues, and its workers deliver.
import PgBoss, { type Job } from 'pg-boss'
import { acceptCalls, announce } from './accept.ts'
import { deliver } from './deliver.ts'
import { openClient } from './post.ts'
import { settings } from './settings.ts'
import { Store, type Work } from './store.ts'

const queue = 'deliveries'
/** Loops that fetch, and how much each fetches at once: a batch is fetched and completed with one statement each. */
const loops = 2
const batchSize = 250

const post = await openClient('undici', loops * batchSize)
const store = new Store(settings.databaseUrl)
await store.createTables()
const boss = new PgBoss({ connectionString: settings.databaseUrl, max: 16 })
boss.on('error', (error) => console.error(error))
await boss.start()
await boss.createQueue(queue, { name: queue, retryLimit: 8, retryBackoff: true })

async function deliverAll(jobs: Job<Work>[]): Promise<void> {
  const attempts = jobs.map((job) => deliver(job.data, job.retryCount + 1, { post, store }))
  const failed = (await Promise.allSettled(attempts)).flatMap(({ status }, i) =>
    status === 'rejected' ? [jobs[i]?.id ?? ''] : [],
  )
  // The rest is completed when this returns.
  if (failed.length > 0) await boss.fail(queue, failed)
}

const options = { batchSize, pollingIntervalSeconds: 0.5, includeMetadata: true } as const
const workerIds: string[] = []
for (let i = 0; i < loops; i++) workerIds.push(await boss.work<Work>(queue, options, deliverAll))
let turn = 0

const app = await acceptCalls(async (incoming) => {
  const work = (await store.accept(incoming)) ?? (await store.unfinished(incoming.key))
  if (!work) return
  await boss.send(queue, work, { id: work.deliveryId })
  // Or it would lie until the next poll.
  boss.notifyWorker(workerIds[turn++ % loops] ?? '')
})
announce(app, async () => {
  await boss.stop({ graceful: true, timeout: 5000 })
  await store.close()
})
