// A process of its own: Fastify takes, BullMQ on Redis queues, and its workers deliver.
// Arguments: how many workers, and which HTTP client.
import { Queue, Worker } from 'bullmq'
import { Redis } from 'ioredis'
import { acceptCalls, announce } from './accept.ts'
import { deliver } from './deliver.ts'
import { openClient } from './post.ts'
import { settings } from './settings.ts'
import { Store, type Work } from './store.ts'

const [, , workers = '50', client = 'undici'] = process.argv
const concurrency = Number(workers)
const post = await openClient(client, concurrency)
const store = new Store(settings.databaseUrl)
await store.createTables()

// Each side has a connection of its own, as BullMQ asks for. Automatic pipelining was tried: it costs more than it saves.
const connect = () => new Redis(settings.redisUrl, { maxRetriesPerRequest: null })
const queue = new Queue<Work>('deliveries', {
  connection: connect(),
  defaultJobOptions: {
    attempts: 8,
    backoff: { type: 'exponential', delay: 5000 },
    removeOnComplete: true,
    removeOnFail: 10_000,
  },
})
const worker = new Worker<Work>('deliveries', (job) => deliver(job.data, job.attemptsMade + 1, { post, store }), {
  connection: connect(),
  concurrency,
})
worker.on('error', (error) => console.error(error))

const app = await acceptCalls(async (incoming) => {
  const work = (await store.accept(incoming)) ?? (await store.unfinished(incoming.key))
  // The delivery's id is the job's, so that a repeat that comes while it waits adds nothing.
  if (work) await queue.add('deliver', work, { jobId: work.deliveryId })
})
announce(app, async () => {
  await worker.close()
  await queue.close()
  await store.close()
})
