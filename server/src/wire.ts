import { createAuthenticate } from './access/authenticate.ts'
import { ensureKey, writeFirstKey } from './access/first-key.ts'
import { keepKeys, newKeys, openKeys } from './access/keyring.ts'
import { findSecretKey } from './access/secret-key.ts'
import { createCursors } from './api/cursor.ts'
import { operations } from './api/operations.ts'
import { type Clock, type Random, systemClock, systemRandom } from './base/clock.ts'
import type { Commit } from './base/command.ts'
import { newId } from './base/id.ts'
import type { Log } from './base/log.ts'
import { createSeal } from './base/seal.ts'
import { advance, commands } from './commands.ts'
import type { Config } from './config.ts'
import type { Resolve } from './egress/exchange.ts'
import { createEgress } from './egress/request.ts'
import { startFollowing } from './events/follow-loop.ts'
import { createApi } from './http/api.ts'
import { clientAddress } from './http/client-address.ts'
import { createDashboard } from './http/dashboard.ts'
import { createIngest } from './http/ingest.ts'
import { createMetrics } from './http/metrics.ts'
import { createBudget } from './http/read-body.ts'
import { createHttpServer, listen, type Route, stopServing } from './http/serve.ts'
import { createSourceDirectory } from './inbound/open-source.ts'
import { sourceDefinitions } from './inbound/sources/index.ts'
import { beat, leave } from './jobs/process.ts'
import { openStorage } from './open-storage.ts'
import { createDeliverer } from './outbound/deliver.ts'
import { fanOut } from './outbound/fan-out.ts'
import { watchStore } from './store-health.ts'
import { version } from './version.ts'

/** A running server. */
export interface Running {
  port: number
  adminPort: number | undefined
  /** How the first run ends: the key that was made, and the files that hold secrets. */
  firstKey: string | undefined
  firstKeyFile: string | undefined
  secretKeyFile: string | undefined
  engine: 'sqlite' | 'postgres'
  /** Stops taking requests, finishes what is under way, gives everything back. */
  stop(): Promise<void>
}

export interface WireOptions {
  journal: Log
  /** Something died that the server cannot live without. */
  onFatal(error: Error): void
  /** Whether somebody watches: then a first key is shown to them and not written to a file. */
  isTerminal: boolean
  clock?: Clock
  random?: Random
  resolve?: Resolve
}

/** How often deliveries that have become due are looked for. */
const tickMs = 100
/** How often a database that takes nothing is tried. */
const probeMs = 500

/** Puts the server together and starts it. */
export async function start(config: Config, options: WireOptions): Promise<Running> {
  const core = await openCore(config, options)
  const { storage, commit, processId } = core
  try {
    const work = startWork(config, core, options)
    const doors = await openDoors(config, core, work)
    const stopBeating = startBeating(config, core, work.deliverer)
    return {
      port: doors.port,
      adminPort: doors.adminPort,
      firstKey: core.firstKey,
      firstKeyFile: core.firstKeyFile,
      secretKeyFile: core.secretKeyFile,
      engine: storage.engine,
      async stop() {
        // All at once: requests and deliveries under way share the time that there is.
        await Promise.all([doors.close(), work.following.stop(), work.deliverer.drain()])
        stopBeating()
        await commit(leave, { processId }).catch(() => {}) // its lease runs out by itself
        await work.egress.close()
        await storage.close()
      },
    }
  } catch (error) {
    await storage.close()
    throw error
  }
}

/** What everything stands on: the database, the keys, and the figures. */
async function openCore(config: Config, options: WireOptions) {
  const { journal, onFatal, clock = systemClock, random = systemRandom } = options
  const secretKey = findSecretKey(config.dataFolder, config.secretKey)
  const seal = createSeal(secretKey.key, config.previousSecretKeys)
  const { meter, show } = createMetrics()
  const storage = await openStorage(config, { clock, journal, commands, onFatal })
  try {
    const { commit, health } = watchStore(storage.commit, { clock, journal, meter })
    const keyring = openKeys(seal, await commit(keepKeys, newKeys(seal)))
    const processId = newId('process', clock.now())
    await commit(beat, { processId, now: clock.now() })
    const firstKey = await ensureKey(config.apiKey, clock.now(), commit)
    const isUnseen = firstKey !== undefined && !options.isTerminal
    return {
      journal,
      clock,
      random,
      seal,
      meter,
      showMetrics: show,
      storage,
      commit,
      health,
      keyring,
      processId,
      firstKey,
      firstKeyFile: isUnseen ? writeFirstKey(config.dataFolder, firstKey) : undefined,
      secretKeyFile: secretKey.madeAt,
    }
  } catch (error) {
    await storage.close()
    throw error
  }
}

type Core = Awaited<ReturnType<typeof openCore>>

/** What goes on without anybody asking: the follower that fans out, and the deliveries. */
function startWork(config: Config, core: Core, { resolve }: WireOptions) {
  const { commit, storage, journal, meter, processId } = core
  const egress = createEgress({ policy: egressPolicy(config), clock: core.clock, ...(resolve ? { resolve } : {}) })
  const deliverer = createDeliverer({
    ...core,
    egress,
    leaseMs: config.leaseMs,
    log: storage.reads.log,
    concurrency: config.deliveryConcurrency,
    perSecond: config.deliveryPerSecond,
  })
  const following = startFollowing({
    follower: fanOut.name,
    advance,
    commit,
    settledUpTo: storage.settledUpTo,
    owner: processId,
    leaseMs: config.leaseMs,
    clock: core.clock,
    journal,
    onStirred({ lanes, made, parked }) {
      if (made > 0) meter.add('trunkline_fanned_out_total', made)
      if (parked > 0) meter.add('trunkline_parked_total', parked, { follower: fanOut.name })
      deliverer.wake(lanes)
    },
  })
  return { egress, deliverer, following }
}

type Work = ReturnType<typeof startWork>

/** The ports: one for everything, or one for the world and one for the operator. */
async function openDoors(config: Config, core: Core, { deliverer, following }: Work) {
  const { storage, seal, clock, journal, meter, keyring, health } = core
  // Whoever appends wakes the follower, so that nobody has to poll quickly.
  const commit: Commit = (command, args) =>
    core.commit(command, args).then((result) => {
      following.wake()
      return result
    })
  const sources = createSourceDirectory({ reads: storage.reads.sources, definitions: sourceDefinitions, seal, clock })
  const ingest = createIngest({
    commit,
    clock,
    journal,
    meter,
    dedupeSecret: keyring.dedupe,
    sources,
    clientAddress: clientAddress(config.trustProxy),
    budget: createBudget(meter),
  })
  const ownUrl = { port: config.port }
  const { app, route } = await createApi({
    operations,
    authenticate: createAuthenticate({ reads: storage.reads.credentials, clock }),
    journal,
    context: {
      commit,
      reads: storage.reads,
      clock,
      seal,
      cursors: createCursors(keyring.cursor),
      egressPolicy: egressPolicy(config),
      definitions: sourceDefinitions,
      publicUrl: () =>
        config.publicUrl ?? `http://${config.host.includes(':') ? `[${config.host}]` : config.host}:${ownUrl.port}`,
      stir: { sources: sources.forget, endpoint: (id) => deliverer.wake([id]), events: following.wake },
    },
    system: {
      version,
      metrics: core.showMetrics,
      isPrivate: config.admin !== undefined,
      faults: () => (health.fault() === undefined ? [] : [`the database takes no writes: ${health.fault()}`]),
    },
  })
  const isPublic: Route = (request, response) =>
    /^\/(health|ready|\.well-known\/[^?]*)(\?|$)/.test(request.url ?? '') && route(request, response)
  const operatorRoutes = [createDashboard(), route]
  const publicServer = createHttpServer(config.admin ? [ingest, isPublic] : [ingest, ...operatorRoutes])
  const adminServer = config.admin ? createHttpServer(operatorRoutes) : undefined
  ownUrl.port = await listen(publicServer, config.port, config.host)
  const adminPort =
    adminServer && config.admin ? await listen(adminServer, config.admin.port, config.admin.host) : undefined
  return {
    port: ownUrl.port,
    adminPort,
    async close() {
      await Promise.all((adminServer ? [publicServer, adminServer] : [publicServer]).map(stopServing))
      await app.close()
    },
  }
}

const egressPolicy = ({ allowPrivate, allowHttp }: Config) => ({ allowPrivate, allowHttp })

/** The pulse of the process: it looks for what has become due, and says that it lives. Answers how to end it. */
function startBeating(
  { leaseMs }: Config,
  { clock, commit, health, processId }: Core,
  deliverer: Work['deliverer'],
): () => void {
  let beatenAt = clock.elapsed()
  const timer = setInterval(() => {
    deliverer.tick()
    if (clock.elapsed() - beatenAt < (health.fault() === undefined ? leaseMs / 3 : probeMs)) return
    beatenAt = clock.elapsed()
    commit(beat, { processId, now: clock.now() }).catch(() => {}) // `watchStore` has noted it
  }, tickMs)
  return () => clearInterval(timer)
}
