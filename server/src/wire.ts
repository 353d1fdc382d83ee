import { createAuthenticate } from './access/authenticate.ts'
import { ensureKey, writeFirstKey } from './access/first-key.ts'
import { keepKeys, newKeys, openKeys } from './access/keyring.ts'
import { findSecretKey } from './access/secret-key.ts'
import { createCursors } from './api/cursor.ts'
import { operations } from './api/operations.ts'
import { type Clock, type Random, systemClock, systemRandom } from './base/clock.ts'
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
import { createIngest } from './http/ingest.ts'
import { createMetrics } from './http/metrics.ts'
import { createBudget } from './http/read-body.ts'
import { createHttpServer, listen, type Route, stopServing } from './http/serve.ts'
import { mountSystem } from './http/system.ts'
import { createSourceDirectory } from './inbound/open-source.ts'
import { sourceDefinitions } from './inbound/sources/index.ts'
import { beat, heartbeatMs, leave } from './jobs/process.ts'
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
  const { journal, clock = systemClock, random = systemRandom } = options
  const processId = newId('process', clock.now())
  const secretKey = findSecretKey(config.dataFolder, config.secretKey)
  const seal = createSeal(secretKey.key, config.previousSecretKeys)
  const { meter, show } = createMetrics()
  const storage = await openStorage(config, { clock, journal, commands, onFatal: options.onFatal })
  try {
    const { commit, health } = watchStore(storage.commit, { clock, journal, meter })
    const keyring = openKeys(seal, await commit(keepKeys, newKeys(seal)))
    await commit(beat, { processId, now: clock.now() })
    const firstKey = await ensureKey(config.apiKey, clock.now(), commit)
    const firstKeyFile =
      firstKey !== undefined && !options.isTerminal ? writeFirstKey(config.dataFolder, firstKey) : undefined

    const egressPolicy = { allowPrivate: config.allowPrivate, allowHttp: config.allowHttp }
    const egress = createEgress({
      policy: egressPolicy,
      clock,
      ...(options.resolve ? { resolve: options.resolve } : {}),
    })
    const deliverer = createDeliverer({
      commit,
      egress,
      seal,
      clock,
      random,
      journal,
      meter,
      processId,
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
      clock,
      journal,
      onStirred({ lanes, made, parked }) {
        if (made > 0) meter.add('trunkline_fanned_out_total', made)
        if (parked > 0) meter.add('trunkline_parked_total', parked, { follower: fanOut.name })
        deliverer.wake(lanes)
      },
    })

    const sources = createSourceDirectory({ reads: storage.reads.sources, definitions: sourceDefinitions, seal, clock })
    // Whoever appends wakes the follower, so that nobody has to poll quickly.
    const appending: typeof commit = (command, args) =>
      commit(command, args).then((result) => {
        following.wake()
        return result
      })
    const ingest = createIngest({
      commit: appending,
      clock,
      journal,
      meter,
      dedupeSecret: keyring.dedupe,
      sources,
      clientAddress: clientAddress(config.trustProxy),
      budget: createBudget(meter),
    })
    const authenticate = createAuthenticate({ reads: storage.reads.credentials, clock })
    let isStopping = false
    const faults = () => [
      ...(health.fault() === undefined ? [] : [`the database takes no writes: ${health.fault()}`]),
      ...(isStopping ? ['the server is stopping'] : []),
    ]

    let handleApi: Route = () => false
    const api = await createApi({
      operations,
      authenticate,
      journal,
      context: {
        commit: appending,
        reads: storage.reads,
        clock,
        seal,
        cursors: createCursors(keyring.cursor),
        egressPolicy,
        definitions: sourceDefinitions,
        publicUrl: config.publicUrl,
        stir: { sources: sources.forget, endpoint: (id) => deliverer.wake([id]), events: following.wake },
      },
      serverFactory(handler) {
        handleApi = (request, response) => {
          handler(request, response)
          return true
        }
        return createHttpServer([])
      },
    })
    mountSystem(api, { version, authenticate, metrics: show, faults, isPrivate: config.admin !== undefined })
    await api.ready()

    const isPublic: Route = (request, response) =>
      /^\/(health|ready|\.well-known\/[^?]*)(\?|$)/.test(request.url ?? '') && handleApi(request, response)
    const publicServer = createHttpServer(config.admin ? [ingest, isPublic] : [ingest, handleApi])
    const adminServer = config.admin ? createHttpServer([handleApi]) : undefined
    const port = await listen(publicServer, config.port, config.host)
    const adminPort =
      adminServer && config.admin ? await listen(adminServer, config.admin.port, config.admin.host) : undefined

    let beatenAt = clock.elapsed()
    const ticking = setInterval(() => {
      deliverer.tick()
      const sinceBeat = clock.elapsed() - beatenAt
      if (sinceBeat < (health.fault() === undefined ? heartbeatMs : probeMs)) return
      beatenAt = clock.elapsed()
      commit(beat, { processId, now: clock.now() }).catch(() => {}) // `watchStore` has noted it
    }, tickMs)

    return {
      port,
      adminPort,
      firstKey,
      firstKeyFile,
      secretKeyFile: secretKey.madeAt,
      engine: storage.engine,
      async stop() {
        isStopping = true
        await Promise.all([stopServing(publicServer), ...(adminServer ? [stopServing(adminServer)] : [])])
        await following.stop()
        clearInterval(ticking)
        await deliverer.drain()
        await commit(leave, { processId }).catch(() => {}) // its lease runs out by itself
        await api.close()
        await egress.close()
        await storage.close()
      },
    }
  } catch (error) {
    await storage.close()
    throw error
  }
}
