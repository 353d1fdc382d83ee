import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync, readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll } from 'vitest'
import { eventually } from './eventually.ts'

export type Environment = Readonly<Record<string, string | undefined>>

/** The real server, as a process of its own. */
export interface ServerProcess {
  url: string
  /** Where the API is when it has a port of its own. */
  adminUrl: string
  pid: number
  /** Everything that it has printed so far. */
  output(): string
  /** What `/ready` says. */
  ready(): Promise<{ status: number; faults: string[] }>
  /** Sends a signal and waits for the end. */
  end(signal: NodeJS.Signals): Promise<Ended>
  /** Resolves when it has ended, however that came. */
  ended: Promise<Ended>
  /** Starts another process of the same settings at the same address, once this one has ended. */
  again(environment?: Environment): Promise<ServerProcess>
}

export interface Ended {
  code: number | null
  signal: NodeJS.Signals | null
  output: string
}

const root = fileURLToPath(new URL('../..', import.meta.url))
const children = new Set<ChildProcess>()

/** Ends every server that is still running. No server outlives its test file, whatever happens in there. */
export async function endServers(): Promise<void> {
  await Promise.all([...children].map(killed))
}

afterAll(endServers)
process.on('exit', killAll)
process.once('SIGTERM', () => {
  killAll()
  process.kill(process.pid, 'SIGTERM')
})

/**
 * Starts the server and waits until it is ready. Rejects with what it printed when it ends before. `launcher` is a program
 * that becomes the server, with its arguments.
 */
export async function startServer(environment: Environment, launcher: readonly string[] = []): Promise<ServerProcess> {
  const { child, output, ended } = launch(environment, launcher)
  const address = await Promise.race([
    eventually('the greeting of the server', () => greeting(output(), environment), { withinMs: 30_000 }),
    ended.then((end) => {
      throw new Error(`the server ended with ${end.code ?? end.signal} before it listened:\n${end.output}`)
    }),
  ])
  const server: ServerProcess = {
    ...address,
    pid: child.pid ?? 0,
    output,
    ended,
    async ready() {
      const response = await fetch(`${server.url}/ready`)
      const { faults } = (await response.json()) as { faults: string[] }
      return { status: response.status, faults }
    },
    end(signal) {
      child.kill(signal)
      return ended
    },
    again: (more = {}) => startServer({ ...environment, PORT: new URL(address.url).port, ...more }, launcher),
  }
  await eventually('a server that is ready', async () => (await server.ready()).status === 200)
  return server
}

/** Starts a server that is expected to end by itself. */
export async function runServer(environment: Environment): Promise<Ended> {
  const { child, ended } = launch(environment)
  const timer = setTimeout(() => child.kill('SIGKILL'), 20_000)
  return ended.finally(() => clearTimeout(timer))
}

/** What tests deliver to is on this machine, whosever endpoint it is. */
const openToThisMachine = {
  TRUNKLINE_ALLOW_PRIVATE: '127.0.0.0/8',
  TRUNKLINE_ALLOW_PRIVATE_FOR_CUSTOMERS: '127.0.0.0/8',
}

function launch(
  environment: Environment,
  launcher: readonly string[] = [],
): { child: ChildProcess; output(): string; ended: Promise<Ended> } {
  const { PATH, HOME, TMPDIR } = process.env
  const [program = '', ...args] = [...launcher, process.execPath, ...entry(environment)]
  const child = spawn(program, args, {
    cwd: root,
    env: { PATH, HOME, TMPDIR, PORT: '0', ...openToThisMachine, ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  children.add(child)
  let text = ''
  for (const stream of [child.stdout, child.stderr]) stream?.setEncoding('utf8').on('data', (each) => (text += each))
  const ended = new Promise<Ended>((resolve) => {
    // `close` comes after `exit`, when everything that was printed has been read.
    child.on('close', (code, signal) => {
      children.delete(child)
      resolve({ code, signal, output: text })
    })
  })
  return { child, output: () => text, ended }
}

function killAll(): void {
  for (const child of children) child.kill('SIGKILL')
}

function killed(child: ChildProcess): Promise<void> {
  return new Promise((resolve) => {
    child.on('close', () => resolve())
    child.kill('SIGKILL')
  })
}

/** Where the greeting says that it listens, once it is whole. */
function greeting(text: string, environment: Environment): { url: string; adminUrl: string } | undefined {
  const url = /^Trunkline \S+ listens on (http:\/\/\S+)/m.exec(text)?.[1]
  const adminUrl = /^The page, the API and the metrics are on (http:\/\/\S+)/m.exec(text)?.[1]
  if (url === undefined || (environment.TRUNKLINE_ADMIN_PORT && adminUrl === undefined)) return undefined
  return { url, adminUrl: adminUrl ?? url }
}

/**
 * The built server when it is newer than its sources, as `npm test` leaves it; else the sources. Where a module of it is
 * to be another one, that must be a file of its own: then it is what the bundle was made from.
 */
function entry({ NODE_OPTIONS: options = '' }: Environment): string[] {
  const built = join(root, 'server/bundle/main.js')
  isBuilt ??= existsSync(built) && statSync(built).mtimeMs > newest(join(root, 'server/src'))
  if (isBuilt) return [options.includes('--import') ? join(root, 'server/dist/main.js') : built]
  return ['--conditions=trunkline-source', '--import', 'tsx', join(root, 'server/src/main.ts')]
}

let isBuilt: boolean | undefined

function newest(folder: string): number {
  const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((each) => each.isFile())
  return Math.max(...files.map((each) => statSync(join(each.parentPath, each.name)).mtimeMs))
}
