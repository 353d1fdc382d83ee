import { it } from 'vitest'
import { sqlitePlace } from './engines.ts'
import { administer, diskMegabytes, giveAway, onPostgresWithDisk, startOn, surviveFullDisk } from './full-disk.ts'
import { endServers } from './server-process.ts'
import { isRoot, mountSmallDisk, noMounts, smallDiskOfProcess } from './small-disk.ts'
import { startTrunkline } from './trunkline.ts'

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
  onPostgresWithDisk(async (postgres, disk) => {
    giveAway(disk.folder)
    await administer(postgres, `CREATE TABLESPACE small LOCATION '${disk.folder}'`)
    await administer(postgres, 'CREATE DATABASE on_small_disk TEMPLATE template0 TABLESPACE small')
    const url = new URL(postgres.url)
    url.pathname = '/on_small_disk'
    await surviveFullDisk(await startOn(url.href), disk)
  }),
)
