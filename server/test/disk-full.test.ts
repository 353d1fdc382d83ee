import { execFileSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { cpSync, rmSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import pg from 'pg'
import { expect, it } from 'vitest'
import { postgresPlace, sqlitePlace } from './engines.ts'
import { eventually } from './eventually.ts'
import { expectNothingLost } from './load.ts'
import { startPostgres, type TestPostgres } from './postgres.ts'
import { user } from './postgres-binaries.ts'
import { endServers } from './server-process.ts'
import { isRoot, mountSmallDisk, noMounts, type SmallDisk, smallDiskOfProcess } from './small-disk.ts'
import { expectPatience, expectPrompt, startTraffic } from './store-loss.ts'
import { startTrunkline, type Trunkline } from './trunkline.ts'

const diskMegabytes = 64
/** PostgreSQL would make nothing of a thousand x. */
const padding = randomBytes(30_000).toString('base64')
const fullForMs = 5_000

if (noMounts) console.log(`Skipped, the full disks: ${noMounts}`)
else if (!isRoot) console.log('Skipped, the full disks of PostgreSQL: only root can mount for another process')

it.skipIf(noMounts)(
  'a full disk under SQLite: senders are told at once, nothing is lost, and space heals it',
  async () => {
    if (isRoot) {
      const disk = mountSmallDisk(diskMegabytes)
      try {
        const trunkline = await startTrunkline({ name: 'SQLite', createPlace: async () => sqlitePlace(disk.folder) })
        await surviveFullDisk(trunkline, disk)
      } finally {
        await endServers()
        disk.remove()
      }
    } else {
      const { folder, launcher, seenFrom } = smallDiskOfProcess(diskMegabytes)
      const trunkline = await startTrunkline(
        { name: 'SQLite', createPlace: async () => sqlitePlace(folder) },
        {},
        launcher,
      )
      const disk = seenFrom(trunkline.server.pid)
      await surviveFullDisk({ ...trunkline, place: sqlitePlace(disk.folder) }, disk)
    }
  },
)

it.skipIf(noMounts || !isRoot)('a full tablespace under PostgreSQL: the same', () =>
  onPostgres(async (postgres, disk) => {
    giveAway(disk.folder)
    await administer(postgres, `CREATE TABLESPACE small LOCATION '${disk.folder}'`)
    await administer(postgres, 'CREATE DATABASE on_small_disk TEMPLATE template0 TABLESPACE small')
    const url = new URL(postgres.url)
    url.pathname = '/on_small_disk'
    await surviveFullDisk(await startOn(url.href), disk)
  }),
)

it.skipIf(noMounts || !isRoot)(
  'a full volume of PostgreSQL’s write-ahead log: the same, once PostgreSQL is restarted',
  () =>
    onPostgres(async (postgres, disk) => {
      await postgres.stop()
      const log = join(postgres.socketFolder, 'data/pg_wal')
      cpSync(log, join(disk.folder, 'pg_wal'), { recursive: true })
      rmSync(log, { recursive: true })
      symlinkSync(join(disk.folder, 'pg_wal'), log)
      giveAway(disk.folder)
      await postgres.restart()
      const { url } = await postgres.createDatabase()
      await surviveFullDisk(await startOn(url), disk, () => postgres.restart({ mode: 'immediate' }))
    }),
)

/** Runs a proof with a PostgreSQL and a small disk of its own. */
async function onPostgres(prove: (postgres: TestPostgres, disk: SmallDisk) => Promise<void>): Promise<void> {
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

const startOn = (url: string): Promise<Trunkline> =>
  startTrunkline({ name: 'PostgreSQL', createPlace: async () => postgresPlace({ url, drop: async () => {} }) })

/** Gives everything in a folder to the user that PostgreSQL runs as. */
function giveAway(folder: string): void {
  if (user) execFileSync('chown', ['-R', `${user.uid}:${user.gid}`, folder])
}

async function administer({ url }: TestPostgres, sql: string): Promise<void> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  await client.query(sql).finally(() => client.end())
}

/** Fills the disk of a server under traffic, and gives the space back after a while. */
async function surviveFullDisk(trunkline: Trunkline, disk: SmallDisk, restart?: () => Promise<void>): Promise<void> {
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
