import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { sourceSecret } from '../load/requests.ts'
import type { Bench } from '../parts/bench.ts'
import { type Child, startChild } from './child.ts'
import type { System } from './system.ts'

export type Store = 'sqlite' | 'postgres' | 'memory'

/** The server under test, with a GitHub source. */
export interface Trunkline extends Pick<System, 'ports' | 'path' | 'assertRuns' | 'stop'> {
  pids: readonly number[]
  /** Makes another source with the same secret; answers its path. */
  addSource(): Promise<string>
  /** Makes an endpoint for these events, of one customer where it is named. */
  addEndpoint(
    receiverPort: number,
    eventTypes: readonly string[],
    more?: EndpointOptions,
  ): Promise<{ id: string; secret: string }>
  /** Waits until no delivery is unfinished: every attempt is recorded then. */
  assertRecorded(): Promise<void>
}

/** What an endpoint has beside its URL and its event types, as the API takes it. */
export type EndpointOptions = Readonly<Record<string, unknown>>

export interface TrunklinePlan {
  root: string
  workFolder: string
  store: 'sqlite' | 'memory' | { databaseUrl: string }
  /** How many processes share the database. */
  processes?: number
  /** `warn` by default: at `info` the server writes three lines an event. */
  logLevel?: 'warn' | 'info'
  /** Where it keeps its files, if they are to outlive it, and the secret key that goes with them. */
  dataFolder?: string
  secretKey?: string
  /** For node itself, such as a profiler. */
  nodeArgs?: readonly string[]
  /** It is the first version, which was no bundle, and called all that is unfinished pending. */
  isFirst?: boolean
}

export interface OpenPlan extends Pick<TrunklinePlan, 'processes' | 'logLevel' | 'nodeArgs' | 'isFirst'> {
  store: Store
  /** What the sender says the events are: each gets an endpoint of its own. One endpoint takes all where nothing is said. */
  types?: readonly string[]
  /** What the endpoints have beside. */
  endpoint?: EndpointOptions
}

/** Starts Trunkline on a database of its own, with its endpoints. */
export async function openTrunkline(bench: Bench, { store, types, endpoint, ...more }: OpenPlan): Promise<System> {
  const database = store === 'postgres' ? await bench.databases?.create() : undefined
  let server: Trunkline | undefined
  try {
    const place = store === 'postgres' ? { databaseUrl: database?.url ?? '' } : store
    server = await startTrunkline({ root: bench.root, workFolder: bench.workFolder, ...more, store: place })
    const secrets: string[] = []
    for (const type of types ?? ['*']) {
      const { secret } = await server.addEndpoint(bench.receiver.port, [`github.${type}`], endpoint)
      secrets.push(secret)
    }
    return {
      ...server,
      secrets,
      ...(types ? { types } : {}),
      watched: { pids: server.pids, databasePids: database && bench.databases?.pids },
      stop,
    }
  } catch (error) {
    await stop()
    throw error
  }

  async function stop(): Promise<void> {
    await server?.stop()
    await database?.drop()
  }
}

/** The key that it takes. */
export const apiKey = `osk_${'Bench'.padEnd(48, '0')}`

/** Starts the built server as an operator would. Only for the memory store one of its modules is replaced. */
export async function startTrunkline(plan: TrunklinePlan): Promise<Trunkline> {
  const secretKey = plan.secretKey ?? randomBytes(32).toString('base64')
  const children: Child[] = []
  const stop = async () => void (await Promise.all(children.map((child) => child.stop())))
  try {
    // One after the other, as they would be rolled out: the first one makes the tables.
    for (let i = 0; i < (plan.processes ?? 1); i++) children.push(await startProcess(plan, secretKey))
    const ports = children.map((child) => Number(child.greeting[1]))
    const ask = askApi(ports[0] ?? 0)
    const addSource = async () => {
      const source = await ask('POST', '/sources', { kind: 'github', name: 'bench', secret: sourceSecret })
      return new URL(String(source.url)).pathname
    }
    return {
      ports,
      path: await addSource(),
      addSource,
      pids: children.map(({ pid }) => pid),
      async addEndpoint(receiverPort, eventTypes, more = {}) {
        const url = `http://127.0.0.1:${receiverPort}/`
        const { id, secret } = await ask('POST', '/endpoints', { url, eventTypes, ...more })
        return { id: String(id), secret: String(secret) }
      },
      assertRuns() {
        for (const child of children) child.assertRuns()
      },
      async assertRecorded() {
        const status = plan.isFirst ? 'pending' : 'unfinished'
        for (let tried = 0; tried < 50; tried++) {
          const { data, hasMore } = await ask('GET', `/deliveries?status=${status}&limit=1`)
          if (Array.isArray(data) && data.length === 0 && !hasMore) return
          await new Promise((resolve) => setTimeout(resolve, 100))
        }
        throw new Error('a delivery is still pending 5 s after the last event arrived')
      },
      stop,
    }
  } catch (error) {
    await stop()
    throw error
  }
}

function startProcess(plan: TrunklinePlan, secretKey: string): Promise<Child> {
  const { root, workFolder, store, logLevel = 'warn', nodeArgs = [], isFirst } = plan
  const swap = store === 'memory' ? ['--import', new URL('../memory/use.js', import.meta.url).href] : []
  // Modules can be swapped only where they are files of their own.
  const main = store === 'memory' || isFirst ? 'server/dist/main.js' : 'server/bundle/main.js'
  return startChild(workFolder, (folder) => ({
    args: [...nodeArgs, ...swap, join(root, main)],
    env: {
      PORT: '0',
      TRUNKLINE_DATA: plan.dataFolder ?? join(folder, 'data'),
      TRUNKLINE_API_KEY: apiKey,
      TRUNKLINE_SECRET_KEY: secretKey,
      TRUNKLINE_ALLOW_PRIVATE: '127.0.0.0/8',
      TRUNKLINE_ALLOW_PRIVATE_FOR_CUSTOMERS: '127.0.0.0/8',
      TRUNKLINE_LOG_LEVEL: logLevel,
      ...(typeof store === 'object' ? { DATABASE_URL: store.databaseUrl } : {}),
    },
    isReady: /listens on http:\/\/127\.0\.0\.1:(\d+)/,
  }))
}

type Ask = (method: string, path: string, body?: unknown) => Promise<Record<string, unknown>>

function askApi(port: number): Ask {
  return async (method, path, body) => {
    const response = await fetch(`http://127.0.0.1:${port}/api/v1${path}`, {
      method,
      headers: { authorization: `Bearer ${apiKey}`, 'content-type': 'application/json' },
      body: body === undefined ? null : JSON.stringify(body),
    })
    const text = await response.text()
    if (!response.ok) throw new Error(`${method} ${path} was answered with ${response.status}: ${text}`)
    return JSON.parse(text) as Record<string, unknown>
  }
}
