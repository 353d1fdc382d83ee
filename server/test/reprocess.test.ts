import { expect, it } from 'vitest'
import { engines } from './engines.ts'
import { surviveReprocessing } from './reprocess.ts'

it.each(engines)(
  'reading 2,000 requests again, killed half way, comes to what one run comes to, on $name',
  async (engine) => {
    const { looked, counts } = await surviveReprocessing(engine, { requests: 2000, kills: 1, perSecond: 2500 })
    expect(looked).toHaveLength(1)
    expect(counts).toMatchObject({ mended: 400, unparsable: 0, outdated: 800 })
  },
)
