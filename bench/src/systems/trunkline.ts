import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { sourceSecret } from '../load/requests.ts'
import { type Child, startChild } from './child.ts'

/** The server under test, with a GitHub source. */
export interface Trunkline extends Child {
  port: number
  /** Where the source takes its requests. */
  path: string
  /** Makes an endpoint for everything from GitHub; answers its signing secret. */
  addEndpoint(receiverPort: number): Promise<string>
  /** Waits until no delivery is unfinished: every attempt is recorded then. */
  assertRecorded(): Promise<void>
}

export interface TrunklinePlan {
  root: string
  workFolder: string
  store: 'sqlite' | 'memory' | { databaseUrl: string }
  /** `warn` by default: at `info` the server writes three lines an event. */
  logLevel?: 'warn' | 'info'
  /** For node itself, such as a profiler. */
  nodeArgs?: readonly string[]
}

const apiKey = `osk_${'Bench'.padEnd(48, '0')}`

/** Starts the built server as an operator would. Only for the memory store one of its modules is replaced. */
export async function startTrunkline({
  root,
  workFolder,
  store,
  logLevel = 'warn',
  nodeArgs = [],
}: TrunklinePlan): Promise<Trunkline> {
  const swap = store === 'memory' ? ['--import', new URL('../memory/use.js', import.meta.url).href] : []
  const child = await startChild(workFolder, (folder) => ({
    args: [...nodeArgs, ...swap, join(root, 'server/dist/main.js')],
    env: {
      PORT: '0',
      TRUNKLINE_DATA: join(folder, 'data'),
      TRUNKLINE_API_KEY: apiKey,
      TRUNKLINE_SECRET_KEY: randomBytes(32).toString('base64'),
      TRUNKLINE_ALLOW_PRIVATE: '127.0.0.0/8',
      TRUNKLINE_LOG_LEVEL: logLevel,
      ...(typeof store === 'object' ? { DATABASE_URL: store.databaseUrl } : {}),
    },
    isReady: /listens on http:\/\/127\.0\.0\.1:(\d+)/,
  }))
  const port = Number(child.greeting[1])

  async function ask(method: string, path: string, body?: unknown): Promise<Record<string, unknown>> {
    const response = await fetch(`http://127.0.0.1:${port}/api/v1${path}`, {
      method,
      headers: { authorization: `Bearer ${apiKey}`, 'content-type': 'application/json' },
      body: body === undefined ? null : JSON.stringify(body),
    })
    const text = await response.text()
    if (!response.ok) throw new Error(`${method} ${path} was answered with ${response.status}: ${text}`)
    return JSON.parse(text) as Record<string, unknown>
  }

  try {
    const source = await ask('POST', '/sources', { kind: 'github', name: 'bench', secret: sourceSecret })
    return {
      ...child,
      port,
      path: new URL(String(source.url)).pathname,
      async addEndpoint(receiverPort) {
        const endpoint = await ask('POST', '/endpoints', {
          url: `http://127.0.0.1:${receiverPort}/`,
          eventTypes: ['github.*'],
        })
        return String(endpoint.secret)
      },
      async assertRecorded() {
        for (let tried = 0; tried < 50; tried++) {
          const { data } = await ask('GET', '/deliveries?status=pending&limit=1')
          if (Array.isArray(data) && data.length === 0) return
          await new Promise((resolve) => setTimeout(resolve, 100))
        }
        throw new Error('a delivery is still pending 5 s after the last event arrived')
      },
    }
  } catch (error) {
    await child.stop()
    throw error
  }
}
