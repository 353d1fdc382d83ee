import { createHash } from 'node:crypto'
import { type Api, createApi } from './api.ts'
import { randomFrom } from './chance.ts'
import type { Engine, Place } from './engines.ts'
import { type Arrival, openReceiver, type Receiver } from './receiver.ts'
import { type Environment, type ServerProcess, startServer } from './server-process.ts'
import { apiKey, createEndpoint, createPlace, createSource, type TestSource } from './trunkline.ts'

/** Several servers that share one database, what comes in to them, and where it goes. */
export interface Fleet {
  place: Place
  /** The servers, in the order of their members; a restarted one takes its predecessor's place. */
  servers: ServerProcess[]
  api: Api
  /** Posts to the servers in turn, as a balancer that knows nothing of them. */
  source: TestSource
  endpoints: readonly FleetEndpoint[]
  /** How many deliveries each of them takes at once. */
  concurrency: number
}

/** What one server of a fleet is started with. */
export interface Member {
  environment?: Environment
  launcher?: readonly string[]
}

export interface FleetEndpoint {
  id: string
  receiver: Receiver
  /** What each arrival was answered, and how many were waiting for their answer when it came. */
  answers: ReadonlyMap<Arrival, { status: number; atOnce: number }>
}

export interface FleetOptions {
  engine: Engine
  members: readonly Member[]
  /** How many endpoints there are, each with a receiver of its own. */
  endpoints: number
  /** What the receivers do by chance comes from a stream of its own: how often they draw is the machine's doing. */
  seed: number
  /** The share of first deliveries that receivers answer 500. */
  failing?: number
  /** Receivers take up to this long for their answer. */
  answerMs?: number
  /** How many deliveries an endpoint takes at once. */
  concurrency?: number
  environment?: Environment
}

/** The shortest there is, so that a take-over takes seconds. */
export const leaseMs = 3_000

/** Providers give up sooner or later; these do soon, so that a server that stands still does not hold them all. */
const patienceMs = 2_500

/** Starts the servers one after the other, with a source, and endpoints that want everything. */
export async function startFleet(options: FleetOptions): Promise<Fleet> {
  const { concurrency = 50 } = options
  const place = await createPlace(options.engine)
  const servers: ServerProcess[] = []
  for (const member of options.members) servers.push(await startMember(place, member, options.environment))
  const [server] = servers
  if (!server) throw new Error('a fleet has at least one server')
  const api = createApi(server, apiKey)
  const source = throughAll(await createSource({ server, api }, 'github'), servers)
  const endpoints: FleetEndpoint[] = []
  for (let n = 0; n < options.endpoints; n++) {
    const { receiver, answers } = await openFleetReceiver(options, randomFrom(options.seed + 1 + n))
    const { id } = await createEndpoint({ api }, receiver, { concurrency })
    endpoints.push({ id, receiver, answers })
  }
  return { place, servers, api, source, endpoints, concurrency }
}

/** Starts one more server on the database of a fleet. */
export function startMember(place: Place, { environment, launcher }: Member, shared: Environment = {}) {
  const settings = { TRUNKLINE_API_KEY: apiKey, TRUNKLINE_LEASE_SECONDS: String(leaseMs / 1000), ...place.environment }
  return startServer({ ...settings, ...shared, ...environment }, launcher)
}

/** The hash by which bodies are compared. */
export const hashOf = (bytes: string | Uint8Array): string => createHash('sha256').update(bytes).digest('hex')

/** The same source, reached at every server in turn. */
function throughAll(source: TestSource, servers: readonly ServerProcess[]): TestSource {
  const { pathname } = new URL(source.url)
  let next = 0
  return {
    ...source,
    post: (body, message) =>
      source.post(body, message, { url: `${servers[next++ % servers.length]?.url}${pathname}`, withinMs: patienceMs }),
  }
}

/** A receiver that takes its time, and answers some deliveries 500 when they come for the first time. */
async function openFleetReceiver({ failing = 0, answerMs = 20 }: FleetOptions, random: () => number) {
  const answers = new Map<Arrival, { status: number; atOnce: number }>()
  const seen = new Set<string>()
  let waiting = 0
  const receiver = await openReceiver((arrival, response) => {
    const isFirst = !seen.has(arrival.id)
    seen.add(arrival.id)
    const status = isFirst && random() < failing ? 500 : 204
    const atOnce = ++waiting
    setTimeout(() => {
      waiting--
      answers.set(arrival, { status, atOnce })
      response.writeHead(status).end()
    }, answerMs * random())
  })
  return { receiver, answers }
}
