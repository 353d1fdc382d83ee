import { expect, it } from 'vitest'
import { engines } from './engines.ts'
import { surviveReprocessing } from './reprocess.ts'

it.each(engines)(
  'reading 500 requests again, killed half way, comes to what one run comes to, on $name',
  async (engine) => {
    const { looked, counts } = await surviveReprocessing(engine, { requests: 500, kills: 1, perSecond: 1000 })
    expect(looked).toHaveLength(1)
    expect(counts).toMatchObject({ mended: 100, unparsable: 0, outdated: 200 })
  },
)
