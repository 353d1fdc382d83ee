import { mkdtempSync, rmSync } from 'node:fs'
import { connect, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createDatabase, startPostgres } from './postgres.js'

/** Where the tests ask the main process for the server. */
const socketVariable = 'TRUNKLINE_TEST_POSTGRES_SOCKET'
/**
 * The PostgreSQL that all tests of a run share, started when the first of them asks: the server of
 * TRUNKLINE_TEST_DATABASE_URL if that is set, otherwise one that comes with the packages. Tests that end it take
 * `startPostgres`.
 */
export async function sharedPostgres() {
  const url = process.env.TRUNKLINE_TEST_DATABASE_URL || (await ask(process.env[socketVariable]))
  return { url, createDatabase: () => createDatabase(url) }
}
/** Run by vitest in its main process, before all tests; what it returns is run after them. */
export async function setup() {
  const folder = mkdtempSync(join(tmpdir(), 'trunkline-tests-'))
  let starting
  const server = createServer((socket) => {
    socket.on('error', () => {})
    starting ??= startPostgres()
    starting.then(
      ({ url }) => socket.end(JSON.stringify({ url })),
      (error) => socket.end(JSON.stringify({ fault: String(error) })),
    )
  })
  const path = process.platform === 'win32' ? `\\\\.\\pipe\\${folder.replaceAll('\\', '-')}` : join(folder, 'socket')
  await new Promise((resolve) => server.listen(path, resolve))
  process.env[socketVariable] = path
  return async () => {
    server.close()
    await starting?.then((postgres) => postgres.remove()).catch(() => {}) // the tests that asked have reported it
    rmSync(folder, { recursive: true, force: true })
  }
}
/** Asks the main process for the URL; it starts the server at the first question. */
async function ask(path) {
  if (path === undefined) throw new Error('The shared PostgreSQL is there under vitest only; take `startPostgres`.')
  let text = ''
  for await (const chunk of connect(path).setEncoding('utf8')) text += chunk
  const { url, fault } = JSON.parse(text)
  if (url === undefined) throw new Error(fault ?? 'The shared PostgreSQL did not start.')
  return url
}
//# sourceMappingURL=shared-postgres.js.map
