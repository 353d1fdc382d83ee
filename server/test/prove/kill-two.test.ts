import { expect, it } from 'vitest'
import { postgres } from '../engines.ts'
import { eventually } from '../eventually.ts'
import { underLoad } from '../round.ts'

const kills = 12

it('two servers of which one or the other is killed at any moment lose nothing', async () => {
  await underLoad(
    { name: 'kill', engine: postgres, members: [{}, {}], endpoints: 4 },
    async ({ fleet, load, random, strike }) => {
      for (let kill = 0; kill < kills; kill++) {
        const moment = load.acknowledged() + Math.ceil(200 * random())
        await eventually(`event ${moment}`, () => load.acknowledged() >= moment, { everyMs: 1, withinMs: 30_000 })
        const victim = random() < 0.5 ? 0 : 1
        const server = fleet.servers[victim]
        if (!server) throw new Error('a fleet of two')
        strike('kill')
        await server.end('SIGKILL')
        // The other one must have time to take over now and then, and none at all at other times.
        const awayMs = random() < 0.5 ? 0 : 6_000 * random()
        await new Promise((resolve) => setTimeout(resolve, awayMs))
        fleet.servers[victim] = await server.again()
      }
      expect(load.refusals.filter(({ status }) => status !== 503)).toEqual([])
      return `${kills} kills of one of two processes, each started again after 0 to 6 s`
    },
  )
}, 300_000)
