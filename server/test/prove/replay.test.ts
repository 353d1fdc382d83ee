import { expect, it } from 'vitest'
import { postgres, sqlite } from '../engines.ts'
import { surviveReplay } from '../replay.ts'

/** Fewer on PostgreSQL: the whole proof stays under forty minutes. */
const rounds = [
  { engine: sqlite, name: sqlite.name, deliveries: 100_000 },
  { engine: postgres, name: postgres.name, deliveries: 20_000 },
]

it.each(rounds)(
  'a replay of $deliveries deliveries holds 500 a second within 5 %, paused, killed and resumed, on $name',
  async ({ engine, deliveries }) => {
    const rate = await surviveReplay(engine, { deliveries, perSecond: 500, kill: true })
    expect(rate).toBeGreaterThan(475)
    expect(rate).toBeLessThan(525)
  },
  1_800_000,
)
