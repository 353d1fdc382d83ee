import { execFileSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import pg from 'pg'
import { expect } from 'vitest'
import { postgresPlace } from './engines.ts'
import { eventually } from './eventually.ts'
import { expectNothingLost } from './load.ts'
import { startPostgres, type TestPostgres } from './postgres.ts'
import { user } from './postgres-binaries.ts'
import { endServers } from './server-process.ts'
import { mountSmallDisk, type SmallDisk } from './small-disk.ts'
import { expectPatience, expectPrompt, startTraffic } from './store-loss.ts'
import { startTrunkline, type Trunkline } from './trunkline.ts'

export const diskMegabytes = 64
/** PostgreSQL would make nothing of a thousand x. */
const padding = randomBytes(30_000).toString('base64')
const fullForMs = 5_000

/** Runs something with a PostgreSQL and a small disk of its own. */
export async function onPostgresWithDisk(
  prove: (postgres: TestPostgres, disk: SmallDisk) => Promise<void>,
): Promise<void> {
  const disk = mountSmallDisk(diskMegabytes)
  const postgres = await startPostgres()
  try {
    await prove(postgres, disk)
  } finally {
    await endServers()
    await postgres.remove()
    disk.remove()
  }
}

/** A server on this database. */
export const startOn = (url: string): Promise<Trunkline> =>
  startTrunkline({ name: 'PostgreSQL', createPlace: async () => postgresPlace({ url, drop: async () => {} }) })

/** Gives everything in a folder to the user that PostgreSQL runs as. */
export function giveAway(folder: string): void {
  if (user) execFileSync('chown', ['-R', `${user.uid}:${user.gid}`, folder])
}

/** Says something to a database server as its owner. */
export async function administer({ url }: TestPostgres, sql: string): Promise<void> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  await client.query(sql).finally(() => client.end())
}

/** Fills the disk of a server under traffic, and gives the space back after a while. */
export async function surviveFullDisk(
  trunkline: Trunkline,
  disk: SmallDisk,
  restart?: () => Promise<void>,
): Promise<void> {
  const { server } = trunkline
  const traffic = await startTraffic(trunkline, { padding })
  const { load, source, receiver } = traffic
  let [acknowledged, since] = [-1, 0]
  await eventually(
    'a disk without a byte left',
    () => {
      disk.fill() // what the database itself gave back, too
      if (load.acknowledged() !== acknowledged) [acknowledged, since] = [load.acknowledged(), performance.now()]
      return performance.now() - since > 1500 && load.refusals.length > 0
    },
    { withinMs: 30_000 },
  )
  await expectPatience(trunkline, traffic, fullForMs)
  const refusals = [...load.refusals]
  const { pid } = server

  disk.empty()
  await restart?.()
  const before = load.acknowledged()
  await eventually('a server that is ready again', async () => (await server.ready()).status === 200)
  await eventually('senders that are heard again', () => load.acknowledged() > before + 20)
  expectPrompt(refusals, `full disk under ${trunkline.place.engine}`)
  const told = await load.finish()
  await expectNothingLost(trunkline, { source, told, receiver, unrecorded: 50, padding })
  expect(server.pid).toBe(pid)
  expect((await server.end('SIGTERM')).code).toBe(0)
}
