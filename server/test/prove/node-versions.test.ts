import { expect, it } from 'vitest'
import { drawSeed } from '../chance.ts'
import { postgres, sqlite } from '../engines.ts'
import { eventually } from '../eventually.ts'
import { hashOf, startFleet, startMember } from '../fleet.ts'
import { brokenInvariants, invariants, type Post } from '../invariants.ts'
import { bodyOf } from '../load.ts'
import { findNode, withNode } from '../node-versions.ts'
import { keepRecord } from '../record.ts'
import { underLoad } from '../round.ts'
import { leftBehind, lookAt, settle } from '../world.ts'

const newer = 24
const found = await findNode(newer)
const reason = 'reason' in found ? found.reason : undefined
const launcher = 'program' in found ? withNode(found.program) : []
if (reason !== undefined) console.log(`Skipped, Node ${newer}: ${reason}`)

it.skipIf(reason)(
  `servers on Node 20 and Node ${newer} share one database`,
  async () => {
    const members = [{}, { launcher }]
    await underLoad(
      { name: 'node-20-and-24', engine: postgres, members, endpoints: 4 },
      async ({ fleet, load, strike }) => {
        await eventually('five hundred events', () => load.acknowledged() > 500, { withinMs: 60_000 })
        // Each of the two has to take over what the other one had begun.
        for (const [i, server] of fleet.servers.entries()) {
          strike('kill')
          await server.end('SIGKILL')
          const moment = load.acknowledged() + 300
          await eventually(`event ${moment}`, () => load.acknowledged() > moment, { withinMs: 60_000 })
          fleet.servers[i] = await server.again()
        }
        return `one process on Node ${process.versions.node}, one on Node ${newer}; each killed once and started again`
      },
    )
  },
  300_000,
)

it.skipIf(reason)(
  `a file that Node 20 has written is served by Node ${newer}, and by Node 20 again`,
  async () => {
    const begin = performance.now()
    const seed = drawSeed('node-20-to-24-and-back')
    const fleet = await startFleet({ engine: sqlite, members: [{}], endpoints: 2, seed })
    const posts: Post[] = []
    for (const next of [{ launcher }, {}, undefined]) {
      for (let n = 0; n < 200; n++) {
        const body = bodyOf(posts.length)
        const { status, json } = await fleet.source.post(body)
        expect(status).toBe(200)
        posts.push({ hash: hashOf(body), told: json.eventIds[0] })
      }
      if (!next) break
      const [server] = fleet.servers
      expect((await server?.end('SIGTERM'))?.code, server?.output().slice(-2000)).toBe(0)
      const PORT = new URL(server?.url ?? '').port
      fleet.servers[0] = await startMember(fleet.place, { ...next, environment: { PORT } })
    }
    await settle(fleet, posts.length)
    const world = await lookAt(fleet, { posts, strikes: [] })
    expect((await fleet.servers[0]?.end('SIGTERM'))?.code).toBe(0)
    expect(brokenInvariants({ ...world, leftOver: await leftBehind(fleet, world) })).toEqual([])
    keepRecord({
      round: 'node-20-to-24-and-back',
      seed,
      did: `one SQLite file served by Node ${process.versions.node}, Node ${newer}, and Node ${process.versions.node} again`,
      events: world.events.length,
      deliveries: world.deliveries.length,
      attempts: world.attempts.length,
      duplicates: 0,
      invariants: invariants.length,
      seconds: Math.round((performance.now() - begin) / 1000),
    })
  },
  300_000,
)
