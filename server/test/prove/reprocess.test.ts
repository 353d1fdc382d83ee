import { expect, it } from 'vitest'
import { postgres, sqlite } from '../engines.ts'
import { surviveReprocessing } from '../reprocess.ts'

/** Fewer on PostgreSQL, where each takes three times as long: the whole proof stays under forty minutes. */
const rounds = [
  { engine: sqlite, name: sqlite.name, requests: 100_000 },
  { engine: postgres, name: postgres.name, requests: 20_000 },
]

it.each(rounds)(
  'reading $requests requests again, killed seven times, comes to what one run comes to, on $name',
  async ({ engine, requests }) => {
    const { counts } = await surviveReprocessing(engine, { requests, kills: 7 })
    expect(counts).toMatchObject({ mended: requests / 5, unparsable: 0, outdated: (requests * 2) / 5 })
  },
  1_800_000,
)
