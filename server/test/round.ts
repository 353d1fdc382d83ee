import { expect } from 'vitest'
import { drawSeed, randomFrom } from './chance.ts'
import { type Fleet, type FleetOptions, hashOf, leaseMs, startFleet } from './fleet.ts'
import { brokenInvariants, invariants, type Post, type Strike, surplusOf } from './invariants.ts'
import { bodyOf, type Load, startLoad } from './load.ts'
import { keepRecord, type RoundRecord } from './record.ts'
import type { TestSource } from './trunkline.ts'
import { arrivalsOf, leftBehind, lookAt, settle } from './world.ts'

/** A fleet under load, for something to be done to it. */
export interface Stage {
  fleet: Fleet
  load: Load
  /** All chance of the round. */
  random(): number
  /**
   * Notes that something was struck at this moment. What was in flight then may come twice, and so may what a server
   * sends until it has noticed: for as long as `noticedMs`.
   */
  strike(what: string, noticedMs?: number): void
  /** Notes that what was struck is whole again: the recovery is counted from here. */
  heal(): void
  /** Notes an event that its follower was made to fail on. */
  poison(eventId: string): void
}

export interface RoundOptions extends Omit<FleetOptions, 'seed'> {
  name: string
  connections?: number
  pauseMs?: number
  /** How long the backlog may take at the end. */
  settleMs?: number
}

/** From arriving until its record is committed an attempt takes no longer than this, on a busy machine. */
const flightMs = 2_500
/** A server that is cut off may send until its lease is over. */
export const untilLeaseMs = leaseMs

/**
 * Starts a fleet, posts to it all the time, does something to it, and holds the end to every invariant. `work` answers
 * what it did, in words for the report.
 */
export async function underLoad(options: RoundOptions, work: (stage: Stage) => Promise<string>): Promise<RoundRecord> {
  const begin = performance.now()
  const seed = drawSeed(options.name)
  const random = randomFrom(seed)
  const fleet = await startFleet({ failing: 0.01, ...options, seed })
  const load = startLoad(fleet.source, { connections: options.connections ?? 6, pauseMs: options.pauseMs ?? 40 })
  const forgers = startForgers(fleet.source)
  const strikes: (Strike & { at: number })[] = []
  const poisoned: string[] = []
  const did = await work({
    fleet,
    load,
    random,
    strike(what, noticedMs = 200) {
      const at = performance.now()
      strikes.push({ what, at, from: at - flightMs, to: at + noticedMs })
    },
    heal() {
      const last = strikes.at(-1)
      if (last) last.at = performance.now()
    },
    poison: (eventId) => void poisoned.push(eventId),
  })
  const forged = await forgers.finish()
  const told = await load.finish()
  await settle(fleet, told.size - poisoned.length, options.settleMs)
  const posts: Post[] = [...told].map(([n, id]) => ({ hash: hashOf(bodyOf(n)), told: id }))
  const world = await lookAt(fleet, { posts: [...posts, ...forged], strikes, poisoned })
  for (const server of fleet.servers) {
    const { code, signal, output } = await server.end('SIGTERM')
    expect(code ?? signal, output.slice(-2000)).toBe(0)
  }
  const broken = brokenInvariants({ ...world, leftOver: await leftBehind(fleet, world) })
  const record = {
    round: options.name,
    seed,
    did: `${did}; ${forged.length} forged requests, none taken`,
    events: world.events.length,
    deliveries: world.deliveries.length,
    attempts: world.attempts.length,
    duplicates: surplusOf(world),
    recoveredMs: Math.round(longestRecovery(fleet, strikes)),
    invariants: invariants.length,
    seconds: Math.round((performance.now() - begin) / 1000),
  }
  if (broken.length > 0) console.log(JSON.stringify(record))
  expect(broken).toEqual([])
  keepRecord(record)
  return record
}

/** Forged requests, a few each second; none may ever be taken. */
function startForgers(source: TestSource): { finish(): Promise<Post[]> } {
  const posts: Post[] = []
  let isOver = false
  const forging = (async () => {
    for (let n = 1; !isOver; n++) {
      const body = bodyOf(-n)
      posts.push({ hash: hashOf(body), told: 'refused' })
      const headers = { 'x-hub-signature-256': `sha256=${hashOf(body)}` }
      const status = await source.post(body, { headers }).then(
        (answer) => answer.status,
        () => 0, // the server is gone
      )
      if (status >= 200 && status < 300) throw new Error(`a forged request was answered ${status}`)
      await new Promise((resolve) => setTimeout(resolve, 150))
    }
  })()
  forging.catch(() => {}) // `finish` reports it
  return {
    async finish() {
      isOver = true
      await forging
      return posts
    },
  }
}

/** The longest that an endpoint had to wait after a strike for whatever came next. */
function longestRecovery(fleet: Fleet, strikes: readonly { at: number }[]): number {
  const arrivals = arrivalsOf(fleet)
  const waits = strikes.flatMap(({ at }) =>
    fleet.endpoints.map(({ id }) => {
      const next = arrivals.find((each) => each.endpointId === id && each.at > at)
      return next ? next.at - at : 0
    }),
  )
  return Math.max(0, ...waits)
}
