import { cpSync, rmSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { it } from 'vitest'
import { giveAway, onPostgresWithDisk, startOn, surviveFullDisk } from '../full-disk.ts'
import { isRoot, noMounts } from '../small-disk.ts'

it.skipIf(noMounts || !isRoot)(
  'a full volume of PostgreSQL’s write-ahead log: senders are told at once, nothing is lost, and it goes on once PostgreSQL is restarted',
  () =>
    onPostgresWithDisk(async (postgres, disk) => {
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
