import { it } from 'vitest'
import { engines } from './engines.ts'
import { surviveReplay } from './replay.ts'

it.each(engines)(
  'a cancelled queue is sent again at a rate, paused and resumed, in order, on $name',
  async (engine) => {
    await surviveReplay(engine, { deliveries: 120, perSecond: 200, kill: false })
  },
)
