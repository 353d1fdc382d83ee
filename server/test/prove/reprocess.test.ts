import { expect, it } from 'vitest'
import { engines } from '../engines.ts'
import { surviveReprocessing } from '../reprocess.ts'

it.each(engines)(
  'reading 100,000 requests again, killed seven times, comes to what one run comes to, on $name',
  async (engine) => {
    const { counts } = await surviveReprocessing(engine, { requests: 100_000, kills: 7 })
    expect(counts).toMatchObject({ mended: 20_000, unparsable: 0, outdated: 40_000 })
  },
  1_800_000,
)
