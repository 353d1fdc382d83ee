import { expect } from 'vitest'
import { postgresPlace } from './engines.ts'
import { eventually } from './eventually.ts'
import { expectNothingLost } from './load.ts'
import { startPostgres, type TestPostgres } from './postgres.ts'
import { expectPatience, expectPrompt, processesOf, startTraffic } from './store-loss.ts'
import { startTrunkline } from './trunkline.ts'

/** A way to take the database away, and to give it back. */
export interface Loss {
  name: string
  take(postgres: TestPostgres): Promise<void> | void
  giveBack(postgres: TestPostgres): Promise<void> | void
}

export const stopped: Loss = {
  name: 'is stopped',
  take: (postgres) => postgres.stop({ mode: 'fast' }),
  giveBack: (postgres) => postgres.restart(),
}

export const killed: Loss = {
  name: 'is killed',
  take: (postgres) => postgres.kill(),
  giveBack: (postgres) => postgres.restart(),
}

/** It is there, takes connections, and says nothing. */
export const hung: Loss = {
  name: 'hangs',
  take: (postgres) => signalAll(postgres, 'SIGSTOP'),
  giveBack: (postgres) => signalAll(postgres, 'SIGCONT'),
}

function signalAll({ socketFolder }: TestPostgres, signal: NodeJS.Signals): void {
  for (const pid of processesOf(socketFolder)) {
    try {
      process.kill(pid, signal)
    } catch {} // a backend that has just ended
  }
}

/** Takes PostgreSQL away from a server under traffic for a while. */
export async function surviveLoss({ name, take, giveBack }: Loss, downMs: number): Promise<void> {
  const postgres = await startPostgres()
  const { url } = await postgres.createDatabase()
  const place = async () => postgresPlace({ url, drop: async () => {} })
  const trunkline = await startTrunkline({ name: 'PostgreSQL', createPlace: place })
  const { server } = trunkline
  try {
    const traffic = await startTraffic(trunkline)
    const { load, source, receiver } = traffic
    await take(postgres)
    await expectPatience(trunkline, traffic, downMs)
    const refusals = [...load.refusals]
    await giveBack(postgres)

    const before = load.acknowledged()
    await eventually('a server that is ready again', async () => (await server.ready()).status === 200)
    await eventually('senders that are heard again', () => load.acknowledged() > before + 20)
    expectPrompt(refusals, `PostgreSQL ${name} for ${downMs / 1000} s`)
    const told = await load.finish()
    // A delivery that was recorded, but whose commit was never answered, is recorded once more: not lost, not doubled.
    await expectNothingLost(trunkline, { source, told, receiver, unrecorded: 50 })
    expect(server.output().includes('store.back'), 'the log says that the database is back').toBe(true)
  } finally {
    await server.end('SIGKILL')
    await postgres.remove()
  }
}
