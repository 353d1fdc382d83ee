import { expect, it } from 'vitest'
import { openBalancer } from '../balancer.ts'
import { drawSeed, randomFrom } from '../chance.ts'
import { postgres } from '../engines.ts'
import { hashOf, startFleet } from '../fleet.ts'
import { brokenInvariants, invariants, type Post } from '../invariants.ts'
import { bodyOf } from '../load.ts'
import { startPacedLoad } from '../paced-load.ts'
import { pass } from '../pass.ts'
import { keepRecord } from '../record.ts'
import { leftBehind, lookAt, settle } from '../world.ts'

const perSecond = 500
const drainSeconds = 3

it('two servers that are restarted one after the other refuse nobody', async () => {
  const begin = performance.now()
  const seed = drawSeed('rolling-restart')
  const random = randomFrom(seed)
  const environment = { TRUNKLINE_DRAIN_SECONDS: String(drainSeconds), TRUNKLINE_LOG_LEVEL: 'warn' }
  const fleet = await startFleet({ engine: postgres, members: [{}, {}], endpoints: 1, seed, environment })
  const balancer = await openBalancer(fleet.servers.map(({ url }) => url))
  const { pathname } = new URL(fleet.source.url)
  const load = startPacedLoad(fleet.source, `${balancer.url}${pathname}`, perSecond)
  await pass(3_000 + 1_000 * random())
  for (const [i, server] of fleet.servers.entries()) {
    const { code, output } = await server.end('SIGTERM')
    expect(code, output.slice(-2000)).toBe(0)
    fleet.servers[i] = await server.again()
    await pass(2_000 + 1_000 * random())
  }
  const { told, failures, slowestMs } = await load.finish()
  expect(failures, `of ${load.posted()} requests`).toEqual([])
  expect(Math.min(...balancer.given)).toBeGreaterThan(0)
  await balancer.close()

  const recoveredMs = await settle(fleet, told.size)
  const posts: Post[] = [...told].map(([n, id]) => ({ hash: hashOf(bodyOf(n)), told: id }))
  const world = await lookAt(fleet, { posts, strikes: [] })
  for (const server of fleet.servers) expect((await server.end('SIGTERM')).code).toBe(0)
  expect(brokenInvariants({ ...world, leftOver: await leftBehind(fleet, world) })).toEqual([])
  keepRecord({
    round: 'rolling-restart',
    seed,
    did: `both processes restarted, one after the other, under ${perSecond} requests/s behind a balancer that tries nothing again; ${load.posted()} posted, 0 refused, slowest answer ${Math.round(slowestMs)} ms`,
    events: world.events.length,
    deliveries: world.deliveries.length,
    attempts: world.attempts.length,
    duplicates: 0,
    recoveredMs: Math.round(recoveredMs),
    invariants: invariants.length,
    seconds: Math.round((performance.now() - begin) / 1000),
  })
}, 300_000)
