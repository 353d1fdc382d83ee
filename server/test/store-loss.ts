import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'vitest'
import { eventually } from './eventually.ts'
import { type Load, type Refusal, startLoad } from './load.ts'
import { openReceiver, type Receiver } from './receiver.ts'
import { createEndpoint, createSource, type TestSource, type Trunkline } from './trunkline.ts'

/** What goes on at a server while its database is taken away from it. */
export interface Traffic {
  source: TestSource
  receiver: Receiver
  load: Load
}

/** Senders that post all the time, and a receiver that takes what they sent. */
export async function startTraffic(
  trunkline: Trunkline,
  options: { connections?: number; padding?: string } = {},
): Promise<Traffic> {
  const receiver = await openReceiver()
  const source = await createSource(trunkline, 'github')
  await createEndpoint(trunkline, receiver)
  const load = startLoad(source, { connections: 10, pauseMs: 50, ...options })
  await eventually('fifty acknowledged events', () => load.acknowledged() >= 50)
  return { source, receiver, load }
}

/**
 * What must hold while the database takes nothing: `/ready` says why, senders are told to come back, and no new delivery
 * is begun.
 */
export async function expectPatience({ server }: Trunkline, { load, receiver }: Traffic, forMs: number): Promise<void> {
  const begin = performance.now()
  const refusedBefore = load.refusals.length
  // On a disk that fills up a small write may still succeed after a large one has failed; then a follower is named first.
  await eventually('/ready to say that the database is gone', async () => {
    const { status, faults } = await server.ready()
    return status === 503 && /^the database takes no writes: ./.test(faults?.join() ?? '')
  })
  await eventually('a sender that is refused', () => load.refusals.length > refusedBefore)
  // What was claimed before may still be on its way.
  const settled = performance.now() + 1000
  await eventually('the last deliveries', () => performance.now() > settled)
  const [acknowledged, arrived] = [load.acknowledged(), receiver.arrivals.length]
  await eventually(
    'the end of the fault',
    async () => {
      expect((await server.ready()).status).toBe(503)
      return performance.now() - begin > forMs
    },
    { withinMs: forMs + 5_000, everyMs: 200 },
  )
  expect((await fetch(`${server.url}/health`)).status).toBe(200)
  expect(load.acknowledged(), 'acknowledged without a database').toBe(acknowledged)
  expect(receiver.arrivals.length, 'delivered without a database').toBe(arrived)
}

/** Every refusal came with a time to come back, and soon enough. */
export function expectPrompt(refusals: readonly Refusal[], what: string): void {
  expect(refusals.length).toBeGreaterThan(0)
  for (const { status, retryAfter } of refusals) {
    expect(status).toBe(503)
    expect(Number(retryAfter)).toBeGreaterThan(0)
  }
  const times = refusals.map(({ ms }) => ms).sort((a, b) => a - b)
  const at = (share: number) => Math.round(times[Math.min(times.length - 1, Math.floor(times.length * share))] ?? 0)
  console.log(
    `${what}: ${times.length} refusals, median ${at(0.5)} ms, 99 % within ${at(0.99)} ms, slowest ${at(1)} ms`,
  )
  expect(at(0.9), 'nine of ten refusals').toBeLessThan(1000)
  // A busy machine may be late with a timer; a server that waits for its database would be later still.
  expect(at(1), 'the slowest refusal').toBeLessThan(2000)
}

/** Every process of a PostgreSQL, its first one first. */
export function processesOf(folder: string): number[] {
  const [first = ''] = readFileSync(join(folder, 'data/postmaster.pid'), 'utf8').split('\n')
  const children = readdirSync('/proc').filter((each) => {
    try {
      return /^\d+$/.test(each) && readFileSync(`/proc/${each}/stat`, 'utf8').split(') ')[1]?.split(' ')[1] === first
    } catch {
      return false // ended meanwhile
    }
  })
  return [first, ...children].map(Number)
}
