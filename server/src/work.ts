import { followers as everyFollower } from './commands.ts'
import type { Config } from './config.ts'
import type { Core, WireOptions } from './core.ts'
import type { ByOwner } from './egress/by-owner.ts'
import type { EgressPolicy } from './egress/exchange.ts'
import { createEgress } from './egress/request.ts'
import type { FollowLoop } from './events/follow/follow-loop.ts'
import { expireQuarantined } from './events/quarantine.ts'
import { type Following, openFollowing } from './following.ts'
import { startReleasing } from './inbound/release-loop.ts'
import { type JobNews, openJobKinds } from './job-kinds.ts'
import { type JobLoop, startJobLoop } from './jobs/job-loop.ts'
import { createDeliverer, type Deliverer } from './outbound/deliver.ts'
import { expireDeliveries } from './outbound/delivery/expire.ts'
import { skipBlocked } from './outbound/order/skip.ts'
import { eraseLate } from './retention/erase.ts'
import { deliveriesKeptSince } from './retention/keep.ts'
import { startRetention, sweepTurns } from './retention/retention-loop.ts'

/** What a process does without being asked, and what it tells and hears from the others. */
export interface Work {
  /** Events were appended here. */
  noteEvents(): void
  /** Hears whenever there are new events, appended here or elsewhere. One listener. */
  whenEvents(hear: () => void): void
  /** These lanes have new work. */
  noteLanes(endpointIds: readonly string[]): void
  /** This endpoint was changed here. */
  noteEndpoint(endpointId: string): void
  /** A source was changed here. */
  noteSources(): void
  /** A job was started or resumed here. */
  noteJobs(): void
  /** Reads events in another process. */
  factReader: Following['reading']['reader']
  /** Runs events again that a follower could not handle. */
  rerun: Following['rerun']
  /** What keeps each of the roles from its work; a role that is not this process's is not named. */
  faults(): { follow?: string | undefined; deliver?: string | undefined }
  stop(): Promise<void>
}

/** How often deliveries that have become due are looked for, and whether it is time for a sign of life. */
const tickMs = 100

/** Starts what this process has the roles for, and its pulse. */
export function startWork(config: Config, core: Core, options: WireOptions): Work {
  const { storage, membership } = core
  const { signals } = storage
  let hearEvents = () => {}
  const isAlone = (role: string) => membership.others(role) === 0

  const noteLanes = (endpointIds: readonly string[]) => {
    if (endpointIds.length === 0) return
    const missing = delivering ? delivering.deliverer.wake(endpointIds) : endpointIds
    if (missing.length > 0 && !isAlone('deliver')) signals.send({ lanes: missing })
  }
  const delivering = config.roles.includes('deliver')
    ? startDelivering(config, core, options, (lanes) => signals.send({ lanes }))
    : undefined
  const noteEndpoint = (endpointId: string) => {
    delivering?.deliverer.review([endpointId])
    if (!isAlone('deliver')) signals.send({ endpoints: [endpointId] })
    noteLanes([endpointId])
  }
  // One loop a follower: each is owned by one process at a time, by itself.
  const noteEvents = () => {
    hearEvents()
    // Whoever follows hears of its own events without going through the database.
    const isAllHere = following.length > 0 && following.map((loop) => loop.wake()).every((isOwn) => isOwn)
    if (!isAllHere && !isAlone('follow')) signals.send({ events: true })
  }
  const followers = openFollowing(config, core, {
    noteLanes,
    noteMade(lanes, fresh) {
      const handed = delivering?.deliverer.hand(fresh)
      noteLanes(handed ? lanes.filter((id) => !handed.has(id)) : lanes)
    },
    handsOver: () => (isAlone('deliver') ? (delivering?.deliverer.takes() ?? 0) : 0),
    noteEvents: () => noteEvents(),
  })
  const following = config.roles.includes('follow') ? followers.start() : []
  const releasing = config.roles.includes('follow')
    ? startReleasing({ ...core, sources: storage.reads.sources, onReleased: noteEvents })
    : undefined
  const retaining = config.roles.includes('follow')
    ? startRetaining(config, core, { noteEvents, noteLanes })
    : undefined
  const working = config.roles.includes('follow')
    ? startJobs(config, core, followers, { noteEvents, noteLanes, noteEndpoint })
    : undefined

  signals.listen(({ events, lanes, endpoints, processes }) => {
    if (events) {
      for (const loop of following) loop.wake()
      hearEvents()
    }
    if (lanes) delivering?.deliverer.wake(lanes)
    if (endpoints) delivering?.deliverer.review(endpoints)
    if (processes) membership.hurry()
  })
  signals.send({ processes: true })
  const timer = setInterval(() => {
    delivering?.deliverer.tick()
    membership.tick()
  }, tickMs)

  return {
    noteEvents,
    whenEvents(hear) {
      hearEvents = hear
    },
    noteSources: () => releasing?.wake(),
    noteJobs: () => working?.wake(),
    factReader: followers.reading.reader,
    rerun: followers.rerun,
    noteLanes,
    noteEndpoint,
    faults: () => ({
      ...(following.length > 0 ? { follow: faultOf(following) } : {}),
      ...(delivering && !membership.isLeased() ? { deliver: 'the lanes of this process may be another’s by now' } : {}),
    }),
    async stop() {
      const loops = [...following, releasing, working, retaining].map((loop) => loop?.stop())
      // What is being read is read again after the next start: nobody waits for it.
      await Promise.all([...loops, followers.close(), delivering?.deliverer.drain()])
      clearInterval(timer)
      await membership.leave().catch(() => {}) // it is missed after a lease
      signals.send({ processes: true, events: true })
      await delivering?.close()
    },
  }
}

/** The jobs of all workspaces, and the threads that their steps read on. */
function startJobs({ keep }: Config, core: Core, { reading }: Following, news: JobNews): JobLoop {
  const keptSince = () => deliveriesKeptSince(keep, core.clock.now())
  const { all: kinds, close } = openJobKinds(core, reading, keptSince, news)
  const loop = startJobLoop({ ...core, kinds, jobs: core.storage.reads.jobs, owner: core.processId })
  return {
    wake: loop.wake,
    async stop() {
      await loop.stop()
      await close()
    },
  }
}

function startDelivering(
  config: Config,
  core: Core,
  { resolve }: WireOptions,
  onGivenBack: (endpointIds: readonly string[]) => void,
): { deliverer: Deliverer; close(): Promise<void> } {
  const { storage, membership } = core
  const policies = egressPolicies(config)
  const egressBy = (policy: EgressPolicy) =>
    createEgress({ policy, clock: core.clock, ...(resolve ? { resolve } : {}) })
  const egress = { own: egressBy(policies.own), customers: egressBy(policies.customers) }
  const { deliveryPerSecond } = config
  const deliverer = createDeliverer({
    ...core,
    egress,
    lanes: storage.reads.lanes,
    log: storage.reads.log,
    concurrency: config.deliveryConcurrency,
    // The rate is the whole server's: each process that delivers has its part of it.
    perSecond: () => deliveryPerSecond && deliveryPerSecond / (membership.others('deliver') + 1),
    onGivenBack,
  })
  return { deliverer, close: () => Promise.all([egress.own.close(), egress.customers.close()]).then(() => {}) }
}

/** The followers that stand still, each with its reason. */
function faultOf(following: readonly FollowLoop[]): string | undefined {
  const faults = following.map((loop) => loop.fault()).filter((fault) => fault !== undefined)
  return faults.length > 0 ? faults.join('; ') : undefined
}

/** Removes what has been kept long enough, and ends what was unfinished for too long. */
function startRetaining(
  { keep, quarantine, blockedKeyMs, clockSettlesMs }: Config,
  core: Core,
  { noteEvents, noteLanes }: Pick<JobNews, 'noteEvents' | 'noteLanes'>,
) {
  const { commit, clock, meter } = core
  const expire = async () => {
    const { ended, endpointIds, isDone } = await commit(expireDeliveries, { now: clock.now() })
    if (ended > 0) {
      meter.add('trunkline_expired_total', ended)
      // What waited behind them is due.
      noteLanes(endpointIds)
      noteEvents()
    }
    return { done: ended, isDone }
  }
  const skip = async () => {
    const now = clock.now()
    const { skipped, endpointIds, isDone } = await commit(skipBlocked, { before: now - blockedKeyMs, now })
    if (skipped > 0) {
      noteLanes(endpointIds)
      noteEvents()
    }
    return { done: skipped, isDone }
  }
  const release = async () => {
    const { gone, isDone } = await commit(expireQuarantined, { before: clock.now() - quarantine.ageMs })
    return { done: gone, isDone }
  }
  const eraseAgain = async () => {
    const { attempts, isDone } = await commit(eraseLate, { now: clock.now() })
    return { done: attempts, isDone }
  }
  const followers = everyFollower.map(({ name }) => name)
  return startRetention({
    ...core,
    clockSettlesMs,
    lastRanAt: async () => {
      const states = await core.storage.reads.retention.states()
      return Math.max(0, ...states.map(({ ranAt }) => ranAt ?? 0)) || null
    },
    turns: [
      { name: 'expired', run: expire },
      { name: 'skipped', run: skip },
      { name: 'refused', run: release },
      { name: 'erased-late', run: eraseAgain },
      ...sweepTurns({ keep, followers, commit, clock }),
    ],
  })
}

export function egressPolicies(config: Config): ByOwner<EgressPolicy> {
  const { allowPrivate, allowPrivateForCustomers, allowHttp, egressProxy } = config
  const usual = { allowHttp, ...(egressProxy ? { proxy: egressProxy } : {}) }
  return {
    own: { ...usual, allowPrivate },
    customers: { ...usual, allowPrivate: allowPrivateForCustomers, hidesAddresses: true },
  }
}
