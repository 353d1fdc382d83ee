import { existsSync, mkdirSync, readdirSync, renameSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { delimiter, join } from 'node:path'
import { type Child, runProgram, startChild } from './child.ts'

/** When Redis puts what it was told on disk: once a second, or before it answers. */
export type AppendSync = 'everysec' | 'always'

/** A Redis to start servers of. */
export interface Redis {
  start(workFolder: string, appendSync: AppendSync): Promise<RedisServer>
}

export interface RedisServer extends Pick<Child, 'pid' | 'stop'> {
  url: string
}

/** Debian's packages of the server and of what it needs beyond a bare system. */
const packages = ['redis-server', 'redis-tools', 'libjemalloc2', 'liblzf1', 'libatomic1']

/**
 * The Redis of the machine, or the one of Debian's packages, unpacked below .cache and not installed. Undefined, with
 * the reason said, where it cannot be had.
 */
export async function findRedis(root: string, say: (line: string) => void): Promise<Redis | undefined> {
  const found = (process.env.PATH ?? '')
    .split(delimiter)
    .map((folder) => join(folder, 'redis-server'))
    .find((file) => existsSync(file))
  if (found) return { start: (workFolder, appendSync) => startRedis(found, {}, workFolder, appendSync) }
  const folder = join(root, '.cache/bench/redis')
  const program = join(folder, 'usr/bin/redis-server')
  if (!existsSync(program)) {
    say('Fetching Redis from Debian into .cache/bench/redis.')
    const fault = await unpack(folder)
    if (fault) {
      say(`Redis, and BullMQ with it, is left out: there is no redis-server in PATH, and ${fault}`)
      return undefined
    }
  }
  const libraries = join(folder, 'usr/lib')
  const paths = [libraries, ...readdirSync(libraries).map((name) => join(libraries, name))]
  const env = { LD_LIBRARY_PATH: paths.join(delimiter) }
  return { start: (workFolder, appendSync) => startRedis(program, env, workFolder, appendSync) }
}

/** Answers what went wrong. The folder appears whole or not at all. */
async function unpack(folder: string): Promise<string | undefined> {
  const aside = `${folder}.${process.pid}`
  mkdirSync(aside, { recursive: true })
  try {
    const { code, output } = await runProgram('apt-get', ['download', ...packages], { cwd: aside })
    if (code !== 0) return `apt-get could not download it:\n${output.slice(-1000)}`
    for (const file of readdirSync(aside).filter((name) => name.endsWith('.deb'))) {
      const unpacked = await runProgram('dpkg', ['-x', file, '.'], { cwd: aside })
      if (unpacked.code !== 0) return `dpkg could not unpack ${file}:\n${unpacked.output.slice(-1000)}`
    }
    renameSync(aside, folder)
    return undefined
  } finally {
    rmSync(aside, { recursive: true, force: true })
  }
}

async function startRedis(
  program: string,
  env: Record<string, string>,
  workFolder: string,
  appendSync: AppendSync,
): Promise<RedisServer> {
  const port = await freePort()
  const { pid, stop } = await startChild(workFolder, (folder) => ({
    program,
    // No snapshots beside the append-only file: they would be work that nobody needs.
    args: [
      ...['--bind', '127.0.0.1', '--port', String(port), '--dir', folder, '--save', ''],
      ...['--appendonly', 'yes', '--appendfsync', appendSync],
    ],
    env,
    isReady: /Ready to accept connections/,
  }))
  return { pid, stop, url: `redis://127.0.0.1:${port}` }
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer()
    server.once('error', reject)
    server.listen(0, '127.0.0.1', () => {
      const address = server.address()
      server.close(() => resolve(typeof address === 'object' && address ? address.port : 0))
    })
  })
}
