import { it } from 'vitest'
import { postgres, sqlite } from '../engines.ts'
import { surviveKills } from '../kills.ts'

it('a server on SQLite loses nothing acknowledged in twenty kills', () => surviveKills(sqlite, 20), 600_000)

it('a server on PostgreSQL loses nothing acknowledged in ten kills', () => surviveKills(postgres, 10), 600_000)
