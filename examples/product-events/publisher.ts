// Publishes what happens in a product, and never gets in the way of what it happens in.
import { randomUUID } from 'node:crypto'
import { type createClient, TrunklineError } from '@trunkline/sdk'

export interface Happening {
  type: string
  data: unknown
  /** What it is about, such as a project's id. */
  subject?: string
  /** Whose it is: only this customer's endpoints, and those for everybody, hear of it. */
  customer?: string
}

export interface PublisherNeeds {
  events: Pick<ReturnType<typeof createClient>['events'], 'publish'>
  /** Hears of what could not be published: it is lost, unless you keep it. */
  onLost(happening: Happening, why: unknown): void
  /** Waits between two tries. */
  pause(ms: number): Promise<void>
}

/** So many wait in memory at most while the server is away. What must not be lost at all belongs into your own database first. */
const mostWaiting = 10_000
/** The times between tries; the last one goes on. */
const pausesMs = [250, 1000, 5000, 30_000]

/** `tell` returns at once and never throws: a webhook is no reason for a project not to be created. */
export function createPublisher({ events, onLost, pause }: PublisherNeeds) {
  const waiting: { happening: Happening; idempotencyKey: string }[] = []
  let running: Promise<void> | undefined
  let isStopping = false

  async function run(): Promise<void> {
    let failures = 0
    for (let next = waiting[0]; next !== undefined; next = waiting[0]) {
      try {
        await events.publish(next.happening, next)
        failures = 0
      } catch (error) {
        // Another try mends what is down or busy, and nothing else.
        if (mayPass(error) && !isStopping) {
          await pause(pausesMs[Math.min(failures++, pausesMs.length - 1)] ?? 0)
          continue
        }
        report(next.happening, error)
      }
      waiting.shift()
    }
    running = undefined
  }

  function report(happening: Happening, why: unknown): void {
    try {
      onLost(happening, why)
    } catch {
      // A log that fails is no reason either.
    }
  }

  return {
    tell(happening: Happening): void {
      if (waiting.length >= mostWaiting) {
        report(happening, new Error(`${mostWaiting} others wait`))
        return
      }
      // The same with every try: one whose answer was lost is not published twice.
      waiting.push({ happening, idempotencyKey: randomUUID() })
      running ??= run()
    },
    /** Waits until all is published; what fails from now on is lost. */
    async stop(): Promise<void> {
      isStopping = true
      await running
    },
    /** How many have not been published yet. */
    waiting: () => waiting.length,
  }
}

function mayPass(error: unknown): boolean {
  return !(error instanceof TrunklineError) || error.status === 0 || error.status === 429 || error.status >= 500
}
