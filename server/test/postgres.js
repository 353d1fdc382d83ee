import { execFile, spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { chmodSync, closeSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import pg from 'pg'
import { binaryFolder, handOver, temporaryRoot, user } from './postgres-binaries.js'

const keeperFile = fileURLToPath(new URL('./postgres-keeper.mjs', import.meta.url))
const readyWithinMs = 30_000
/**
 * Starts a PostgreSQL of this test's own, for tests that end or break it; it is gone when the test process is. Other tests
 * share one: see `sharedPostgres`.
 */
export async function startPostgres() {
  const folder = mkdtempSync(join(temporaryRoot(), 'trunkline-postgres-'))
  try {
    handOver(folder)
    const password = randomBytes(16).toString('hex')
    const binaries = binaryFolder(folder)
    await initialise(binaries, folder, password)
    const { port, running } = await launchOnFreePort(binaries, folder, password)
    return control({ binaries, folder, password, port, running })
  } catch (error) {
    rmSync(folder, { recursive: true, force: true })
    throw error
  }
}
/** Creates a database of a random name on the server of an administrator's URL. */
export async function createDatabase(adminUrl) {
  const name = `trunkline_test_${randomBytes(8).toString('hex')}`
  await query(adminUrl, `CREATE DATABASE ${name} TEMPLATE template0 ENCODING 'UTF8'`)
  const url = new URL(adminUrl)
  url.pathname = `/${name}`
  return { url: url.href, drop: () => query(adminUrl, `DROP DATABASE IF EXISTS ${name} WITH (FORCE)`) }
}
function control({ binaries, folder, password, port, running }) {
  const url = urlOf(port, password)
  const signal = async (name) => {
    if (!running.hasEnded()) process.kill(running.pid, name)
    await running.ended()
  }
  const stop = ({ mode } = { mode: 'fast' }) => signal(mode === 'fast' ? 'SIGINT' : 'SIGQUIT')
  return {
    url,
    socketFolder: folder,
    createDatabase: () => createDatabase(url),
    stop,
    kill: () => signal('SIGKILL'),
    async restart(options) {
      await stop(options)
      running = await launch(binaries, folder, port, password)
    },
    async remove() {
      await stop({ mode: 'immediate' })
      rmSync(folder, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 })
    },
  }
}
async function initialise(binaries, folder, password) {
  const passwordFile = join(folder, 'password')
  writeFileSync(passwordFile, password)
  chmodSync(passwordFile, 0o644) // the folder is closed to others
  const args = ['-D', join(folder, 'data'), '-U', 'postgres', '-A', 'scram-sha-256', '--pwfile', passwordFile]
  // What initdb wrote need not survive a power cut; what the server writes does: fsync stays on in there.
  const settings = ['-E', 'UTF8', '--locale=C', '--no-sync']
  await promisify(execFile)(join(binaries, 'initdb'), [...args, ...settings], { cwd: folder, ...user })
}
/** A port that was free a moment ago may be taken, so another one is tried. */
async function launchOnFreePort(binaries, folder, password) {
  for (let tries = 1; ; tries++) {
    const port = await freePort()
    try {
      return { port, running: await launch(binaries, folder, port, password) }
    } catch (error) {
      if (tries === 3 || !/already in use/.test(String(error))) throw error
    }
  }
}
async function launch(binaries, folder, port, password) {
  const logFile = join(folder, 'log')
  const log = openSync(logFile, 'w')
  const settings = {
    listen_addresses: '127.0.0.1',
    port,
    unix_socket_directories: folder,
    fsync: 'on',
    synchronous_commit: 'on',
    full_page_writes: 'on',
    max_connections: 100,
    logging_collector: 'off',
  }
  const options = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`])
  const program = [join(binaries, 'postgres'), '-D', join(folder, 'data'), ...options]
  const running = await keep([folder, user ? String(user.uid) : '-', ...program], log)
  closeSync(log)
  await ready(running, urlOf(port, password), () => readFileSync(logFile, 'utf8'))
  return running
}
/** Starts a keeper, which starts the server, and speaks with it. */
async function keep(args, log) {
  // A session of its own: Ctrl-C in the terminal is for the tests, which then end it in their way.
  const keeper = spawn(process.execPath, [keeperFile, ...args], { detached: true, stdio: ['pipe', 'pipe', log] })
  keeper.stdin?.on('error', () => {})
  let hasEnded = false
  const gone = new Promise((resolve) => keeper.once('exit', () => resolve()))
  keeper.once('exit', () => {
    hasEnded = true
  })
  const pid = await new Promise((resolve, reject) => {
    gone.then(() => reject(new Error('PostgreSQL could not be started')))
    let text = ''
    keeper.stdout?.setEncoding('utf8').on('data', (chunk) => {
      text += chunk
      const [, started] = /^pid (\d+)\n/.exec(text) ?? []
      if (started !== undefined) resolve(Number(started))
      if (!/^ended$/m.test(text)) return
      hasEnded = true
      keeper.stdin?.write('the files stay\n')
      reject(new Error('PostgreSQL could not be started'))
    })
  })
  // A script that forgets the server can end, and the server ends with the script.
  keeper.unref()
  return {
    pid,
    hasEnded: () => hasEnded,
    ended() {
      keeper.ref()
      return gone
    },
  }
}
async function ready(running, url, log) {
  const deadline = performance.now() + readyWithinMs
  for (;;) {
    try {
      return await query(url, 'SELECT 1')
    } catch (error) {
      if (running.hasEnded()) throw new Error(`PostgreSQL ended before it was ready:\n${log()}`, { cause: error })
      if (performance.now() > deadline) {
        process.kill(running.pid, 'SIGKILL')
        throw new Error(`PostgreSQL was not ready within ${readyWithinMs / 1000} s:\n${log()}`, { cause: error })
      }
      await new Promise((resolve) => setTimeout(resolve, 20))
    }
  }
}
async function query(url, sql) {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 5_000 })
  client.on('error', () => {}) // a server that ends says so on idle connections
  try {
    await client.connect()
    await client.query(sql)
  } finally {
    await client.end().catch(() => {})
  }
}
function urlOf(port, password) {
  return `postgres://postgres:${password}@127.0.0.1:${port}/postgres`
}
function freePort() {
  return new Promise((resolve, reject) => {
    const server = createServer()
    server.once('error', reject)
    server.listen(0, '127.0.0.1', () => {
      const address = server.address()
      server.close(() => resolve(typeof address === 'object' && address ? address.port : 0))
    })
  })
}
//# sourceMappingURL=postgres.js.map
