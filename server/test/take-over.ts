import { expect } from 'vitest'
import { createApi } from './api.ts'
import { drawSeed, randomFrom } from './chance.ts'
import { postgres } from './engines.ts'
import { eventually } from './eventually.ts'
import { type Fleet, hashOf, leaseMs, startFleet } from './fleet.ts'
import { brokenInvariants, invariants, type Post, type Strike, surplusOf } from './invariants.ts'
import { bodyOf } from './load.ts'
import { keepRecord } from './record.ts'
import type { ServerProcess } from './server-process.ts'
import { apiKey } from './trunkline.ts'
import { arrivalsOf, leftBehind, lookAt, settle } from './world.ts'

/** How one of two servers is lost half way: it dies, or it stands still for longer than its lease and then goes on. */
export type Loss = 'SIGKILL' | 'SIGSTOP'

const endpoints = 20

export interface Size {
  deliveries: number
  /** Each of the two ends at least this many, whatever becomes of it half way. */
  least: number
  /** So many at once to each endpoint: it takes about a second until the work is shared out evenly. */
  concurrency: number
}

/**
 * Two servers share deliveries to twenty endpoints; one is lost half way. Every delivery ends within a minute of the
 * take-over, and none comes twice but those that were in flight. A server that stood still changes nothing afterwards.
 */
export async function takeOver(name: string, loss: Loss, { deliveries, least, concurrency }: Size): Promise<void> {
  const begin = performance.now()
  const seed = drawSeed(name)
  const fleet = await startFleet({ engine: postgres, members: [{}, {}], endpoints, seed, answerMs: 100, concurrency })
  const lost = randomFrom(seed)() < 0.5 ? 0 : 1
  const [victim, survivor] = [fleet.servers[lost], fleet.servers[1 - lost]]
  if (!victim || !survivor) throw new Error('a fleet of two')
  const posts = await postAll(fleet, deliveries / endpoints)
  await halfWay(fleet, deliveries, () => endedBy(victim) >= least)
  const at = performance.now()
  const strikes: Strike[] = [{ what: loss, from: at - flightMs, to: at + inSocketsMs }]
  if (loss === 'SIGKILL') await victim.end(loss)
  else process.kill(victim.pid, loss)
  await settle(fleet, posts.length, leaseMs + 60_000)
  const recoveredMs = Math.round(performance.now() - at)
  const ended = [endedBy(victim), endedBy(survivor)] as const
  const late = loss === 'SIGSTOP' ? await goOn(fleet, victim) : 0

  const world = await lookAt({ ...fleet, api: createApi(survivor, apiKey) }, { posts, strikes })
  const staying = loss === 'SIGSTOP' ? [victim, survivor] : [survivor]
  for (const server of staying) expect((await server.end('SIGTERM')).code, server.output().slice(-2000)).toBe(0)
  expect(brokenInvariants({ ...world, leftOver: await leftBehind(fleet, world) })).toEqual([])
  expect(Math.min(...ended), `ended by each: ${ended}`).toBeGreaterThanOrEqual(least)
  keepRecord({
    round: name,
    seed,
    did: `one of two processes ${loss === 'SIGKILL' ? 'killed' : 'stopped'} half way; it ended ${ended[0]} deliveries, the other ${ended[1]}; ${late} late records refused`,
    events: world.events.length,
    deliveries: world.deliveries.length,
    attempts: world.attempts.length,
    duplicates: surplusOf(world),
    recoveredMs,
    invariants: invariants.length,
    seconds: Math.round((performance.now() - begin) / 1000),
  })
}

/** From arriving until its record is committed an attempt takes no longer than this, on a busy machine. */
const flightMs = 2_500
/** What a server had written to its sockets still arrives when it is gone. */
const inSocketsMs = 500

/** Posts events, each until it is acknowledged: a busy machine makes a sender come back now and then. */
async function postAll({ source }: Fleet, events: number): Promise<Post[]> {
  const posts: Post[] = []
  let next = 0
  const post = async () => {
    for (let n = next++; n < events; n = next++) {
      const told = await eventually(`event ${n}`, async () => {
        const { status, json } = await source.post(bodyOf(n), { id: `take-over-${n}` })
        return status === 200 && String(json.eventIds[0])
      })
      posts.push({ hash: hashOf(bodyOf(n)), told })
    }
  }
  await Promise.all(Array.from({ length: 10 }, post))
  return posts
}

/** Half of them have ended, and the one to be lost has done its part; that must be before there is little left. */
async function halfWay({ place }: Fleet, deliveries: number, hasPart: () => boolean): Promise<void> {
  await eventually(
    `the end of ${deliveries / 2} deliveries`,
    async () => {
      const [row] = await place.rows('SELECT count(*) AS n FROM deliveries WHERE status = 2')
      const ended = Number(row?.n)
      return ended >= deliveries / 2 && (hasPart() || ended > (3 / 4) * deliveries)
    },
    { withinMs: 60_000, everyMs: 20 },
  )
}

/** How many deliveries a server has sent with success, by its own log. */
function endedBy(server: ServerProcess): number {
  return linesOf(server).filter(({ msg, cause }) => msg === 'attempt' && cause === null).length
}

/** Lets a server go on that stood still while the other one did its work. Answers how many of its records came too late. */
async function goOn(fleet: Fleet, server: ServerProcess): Promise<number> {
  const rows = await tables(fleet)
  const at = performance.now()
  process.kill(server.pid, 'SIGCONT')
  await eventually('a server that goes on', async () => (await server.ready()).status === 200)
  const lateOnes = () => linesOf(server).filter(({ msg }) => msg === 'attempt.late').length
  await eventually('records that come too late', () => lateOnes() > 0)
  // Whatever else it had in mind it does within a lease.
  await new Promise((resolve) => setTimeout(resolve, leaseMs))
  // Signatures tell whole seconds. What it had signed before, and had not written yet, was in flight.
  const begun = arrivalsOf(fleet).filter(({ signedAt }) => signedAt > at - 1000)
  expect(begun.length, 'attempts begun by a server that had lost its lanes').toBe(0)
  expect(await tables(fleet), 'what was recorded meanwhile').toEqual(rows)
  return lateOnes()
}

/** What a late record could have changed. */
async function tables({ place }: Fleet): Promise<unknown> {
  return [
    await place.rows('SELECT id, status, attempts, tries, ended_at FROM deliveries ORDER BY id'),
    await place.rows('SELECT id, delivery_id, number, status FROM attempts ORDER BY id'),
  ]
}

/** The lines of a server's log. */
export function linesOf(server: ServerProcess): { msg?: string; cause?: string | null }[] {
  return server
    .output()
    .split('\n')
    .flatMap((line) => {
      try {
        return line.startsWith('{') ? [JSON.parse(line)] : []
      } catch {
        return [] // the last line of one that was killed
      }
    })
}
