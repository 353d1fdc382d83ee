import { fileURLToPath } from 'node:url'
import { createAuthenticate } from './access/authenticate.ts'
import { createCursors } from './api/cursor.ts'
import { showStreamed, streamCursor } from './api/events/stream.ts'
import type { Context } from './api/operation.ts'
import { operations } from './api/operations.ts'
import type { Commit } from './base/command.ts'
import { type Config, variablesOf } from './config.ts'
import type { Core, WireOptions } from './core.ts'
import type { EgressPolicy } from './egress/exchange.ts'
import { createProbe } from './egress/probe.ts'
import { parserThread } from './entries.ts'
import { createTypeChecks } from './events/types/type-checks.ts'
import { freeDiskBytes } from './free-disk.ts'
import { createApi } from './http/api.ts'
import { clientAddress } from './http/client-address.ts'
import { createDashboard } from './http/dashboard.ts'
import { createIngest, type IngestNeeds } from './http/ingest.ts'
import { limitConnections } from './http/limit-connections.ts'
import { watchPace } from './http/pace.ts'
import { createBudget } from './http/read-body.ts'
import { createHttpServer, listen, type Route, stopServing } from './http/serve.ts'
import { limitSources } from './http/source-limits.ts'
import { createSourceDirectory } from './inbound/open-source.ts'
import { createParsing } from './inbound/parse-thread.ts'
import { createQuarantine } from './inbound/quarantine/quarantine.ts'
import { receive } from './inbound/receive.ts'
import { planReprocess } from './inbound/reprocess-plan.ts'
import { sourceDefinitions } from './inbound/sources/index.ts'
import { countUnknownRoutes } from './inbound/unknown-routes.ts'
import { readingNeeds } from './job-kinds.ts'
import { createStreams } from './stream/subscribe.ts'
import { version } from './version.ts'
import { egressPolicies, type Work } from './work.ts'

/** The workspace of the dashboard, seen from the sources as from the built files. */
const dashboardFolder = fileURLToPath(new URL('../../dashboard', import.meta.url))

/** The open ports of a server. */
export interface Doors {
  port: number
  adminPort: number | undefined
  /** Says to balancers that this process is going, and asks everybody who comes still to come anew next time. */
  retreat(): void
  close(): Promise<void>
}

/** Opens the ports: one for everything, or one for the world and one for the operator. */
export async function openDoors(
  config: Config,
  core: Core,
  work: Work,
  { resolve }: Pick<WireOptions, 'resolve'>,
): Promise<Doors> {
  const { clock } = core
  const policies = egressPolicies(config)
  const probeBy = (policy: EgressPolicy) => createProbe({ policy, clock, ...(resolve ? { resolve } : {}) })
  // Whoever appends wakes the follower, so that nobody has to poll quickly.
  const commit: Commit = (command, args) =>
    core.commit(command, args).then((result) => {
      work.noteEvents()
      return result
    })
  const sources = createSourceDirectory({
    reads: core.storage.reads.sources,
    definitions: sourceDefinitions,
    seal: core.seal,
    clock,
    journal: core.journal,
  })
  const own = { port: config.port }
  const publicUrl = () => config.publicUrl ?? `http://${hostInUrl(config.host)}:${own.port}`
  const accepting = openIngest(config, core, commit, sources, publicUrl)
  const reading = readingNeeds(core, accepting.reparse)
  const cursors = createCursors(core.keyring.cursor)
  const streams = createStreams({
    log: core.storage.reads.log,
    settledUpTo: core.storage.settledUpTo,
    show: showStreamed,
    cursorAt: (workspaceId, place) => streamCursor(cursors, workspaceId, place),
    limits: { total: config.streams, perKey: config.streamsPerKey },
    journal: core.journal,
    meter: core.meter,
  })
  work.whenEvents(streams.wake)
  let isLeaving = false
  const { app, route } = await createApi({
    operations: config.roles.includes('api') ? operations : [],
    authenticate: createAuthenticate({ reads: core.storage.reads.credentials, clock }),
    journal: core.journal,
    context: {
      commit,
      reads: core.storage.reads,
      retention: {
        keep: config.keep,
        // Where PostgreSQL's disk is, it alone knows.
        freeDiskBytes: async () => (config.databaseUrl === undefined ? freeDiskBytes(config.dataFolder) : null),
      },
      clock,
      seal: core.seal,
      dedupeSecret: core.keyring.dedupe,
      publicKey: core.keyring.signing.publicKey,
      cursors,
      streams,
      egressPolicy: policies,
      probe: { own: probeBy(policies.own), customers: probeBy(policies.customers) },
      definitions: sourceDefinitions,
      typeChecks: createTypeChecks({ reads: core.storage.reads.eventTypes, clock }),
      receive: accepting.receive,
      factReader: work.factReader,
      rerun: work.rerun,
      planReprocess: (workspaceId, filter) => planReprocess(workspaceId, filter, { ...reading, ...core }),
      publicUrl,
      stir: {
        sources() {
          sources.forget()
          work.noteSources()
        },
        endpoint: work.noteEndpoint,
        lane: (endpointId) => work.noteLanes([endpointId]),
        events: work.noteEvents,
        jobs: work.noteJobs,
      },
    },
    system: {
      version,
      publicKeys: [core.keyring.signing.jwk],
      metrics: core.showMetrics,
      clock,
      isPrivate: config.admin !== undefined,
      isLeaving: () => isLeaving,
      faults: () => faultsOf(config, core, work),
    },
  })
  const isPublic: Route = (request, response) =>
    /^\/(health|ready|\.well-known\/[^?]*)(\?|$)/.test(request.url ?? '') && route(request, response)
  const ingest = config.roles.includes('accept') ? [accepting.ingest] : []
  const operatorRoutes = config.roles.includes('api') ? [createDashboard(dashboardFolder), route] : [route]
  const goesOn = () => !isLeaving
  const publicServer = createHttpServer([...ingest, ...(config.admin ? [isPublic] : operatorRoutes)], goesOn)
  limitConnections(publicServer, { ...core, most: config.mostConnections })
  const adminServer = config.admin ? createHttpServer(operatorRoutes, goesOn) : undefined
  own.port = await listen(publicServer, config.port, config.host)
  const adminPort =
    adminServer && config.admin ? await listen(adminServer, config.admin.port, config.admin.host) : undefined
  return {
    port: own.port,
    adminPort,
    retreat() {
      isLeaving = true
      streams.retreat()
    },
    async close() {
      streams.retreat()
      await Promise.all((adminServer ? [publicServer, adminServer] : [publicServer]).map(stopServing))
      await app.close()
      await accepting.close()
    },
  }
}

/** The road of what comes in: from senders, and of samples that are sent over the API. */
function openIngest(
  config: Config,
  { clock, wall, journal, meter, keyring, membership, seal, ...core }: Core,
  commit: Commit,
  sources: ReturnType<typeof createSourceDirectory>,
  publicUrl: () => string,
) {
  const parsing = createParsing({ entry: parserThread, journal })
  const unknownRoutes = countUnknownRoutes({ commit, clock, journal })
  // What is refused makes no event: nobody is woken for it.
  const quarantine = createQuarantine({ commit: core.commit, seal, journal, meter, bounds: config.quarantine })
  const needs: IngestNeeds = {
    examine: parsing.examine,
    commit,
    clock,
    wall,
    journal,
    meter,
    dedupeSecret: keyring.dedupe,
    sources,
    clientAddress: clientAddress(config.trustProxy),
    publicUrl,
    variablesOf,
    unknownRoutes,
    quarantine,
    budget: createBudget(meter),
    pace: watchPace({ slowest: config.slowestBody, clock }),
    limits: limitSources({
      byDefault: config.sourceRate,
      processes: () => membership.others('accept') + 1,
      clock,
      journal,
      meter,
    }),
  }
  return {
    ingest: createIngest(needs),
    receive: (...[incoming, source, arrival]: Parameters<Context['receive']>) =>
      receive(incoming, source, arrival, needs),
    reparse: parsing.reparse,
    close: async () => void (await Promise.all([parsing.close(), unknownRoutes.close(), quarantine.close()])),
  }
}

/** What keeps each role of this process from its work; undefined where nothing does. */
function faultsOf({ roles }: Config, { health }: Core, work: Work): Record<string, string | undefined> {
  const fault = health.fault()
  const store = fault === undefined ? undefined : `the database takes no writes: ${fault}`
  const own: Record<string, string | undefined> = work.faults()
  return Object.fromEntries(roles.map((role) => [role, store ?? own[role]]))
}

const hostInUrl = (host: string) => (host.includes(':') ? `[${host}]` : host)
