import { it } from 'vitest'
import { postgres, sqlite } from '../engines.ts'
import { surviveKills } from '../kills.ts'
import { keepRecord } from '../record.ts'

it('a server on SQLite loses nothing acknowledged in twenty kills', async () => {
  keepRecord(await surviveKills(sqlite, 20))
}, 600_000)

it('a server on PostgreSQL loses nothing acknowledged in ten kills', async () => {
  keepRecord(await surviveKills(postgres, 10))
}, 600_000)
