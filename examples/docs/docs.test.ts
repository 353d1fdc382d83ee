import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'

/** Every command of these pages, run as it stands against a server that has something to show. */

const root = fileURLToPath(new URL('../..', import.meta.url))
const folder = mkdtempSync(join(tmpdir(), 'trunkline-docs-'))
const read = (path: string): string => readFileSync(join(root, path), 'utf8')
const hasCurl = spawnSync('curl', ['--version']).status === 0
if (!hasCurl) console.warn('skipped: the pages need curl')

let server: ChildProcess
let environment: NodeJS.ProcessEnv = {}
const receiver = createServer((_, response) => response.writeHead(410).end())

beforeAll(async () => {
  const main = join(root, 'server/dist/main.js')
  if (!existsSync(main)) throw new Error('the server is not built: run `npm run build` first')
  const settings = { PORT: '0', TRUNKLINE_DATA: folder, TRUNKLINE_ALLOW_PRIVATE: '127.0.0.0/8' }
  server = spawn(process.execPath, [main], {
    env: { ...process.env, ...settings, TRUNKLINE_LOG_LEVEL: 'silent' },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const url = await greeting(server)
  const key = readFileSync(join(folder, 'first-key'), 'utf8').trim()
  await new Promise<void>((resolve) => receiver.listen(0, '127.0.0.1', resolve))
  const { port } = receiver.address() as AddressInfo
  const call = async (path: string, body?: object) => {
    const response = await fetch(`${url}/api/v1${path}`, {
      method: body ? 'POST' : 'GET',
      headers: { authorization: `Bearer ${key}`, ...(body && { 'content-type': 'application/json' }) },
      ...(body && { body: JSON.stringify(body) }),
    })
    // biome-ignore lint/suspicious/noExplicitAny: answers of every shape
    return (await response.json()) as any
  }
  await call('/endpoints', { url: `http://127.0.0.1:${port}/` })
  const source = await call('/sources', { kind: 'github', name: 'Repositories' })
  const { requestId, eventIds } = await call(`/sources/${source.id}/sample`, {})
  const deliveries = () => call(`/deliveries?event=${eventIds[0]}&status=failed`)
  await vi.waitUntil(async () => (await deliveries()).data.length === 1, { timeout: 20_000, interval: 100 })
  environment = {
    ...process.env,
    KEY: key,
    SOURCE_ID: source.id,
    SOURCE_URL: source.url,
    REQUEST_ID: requestId,
    EVENT_ID: eventIds[0],
    DELIVERY_ID: (await deliveries()).data[0].id,
    TRUNKLINE_URL: url,
    TRUNKLINE_API_KEY: key,
    TRUNKLINE_SOURCE_SECRET: source.secret,
  }
})

afterAll(async () => {
  receiver.close()
  const ended = new Promise((resolve) => server.once('exit', resolve))
  if (server.exitCode === null && server.kill('SIGTERM')) await ended
  rmSync(folder, { recursive: true, force: true })
})

/** The address that a server prints once it listens. */
function greeting(child: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = ''
    child.stdout?.on('data', (chunk) => {
      text += chunk
      const found = /listens on (http:\/\/127\.0\.0\.1:\d+)/.exec(text)?.[1]
      if (found !== undefined) resolve(found)
    })
    child.once('exit', (code) => reject(new Error(`the server ended with ${code}; it printed: ${text}`)))
  })
}

describe.skipIf(!hasCurl).each(['simulator', 'troubleshooting'])('docs/%s.md', (page) => {
  const commands = [...read(`docs/${page}.md`).matchAll(/```sh\n([\s\S]*?)```/g)].map(([, text = '']) => text)

  it.each(commands)('%s', { timeout: 60_000 }, (text) => {
    const script = text.replaceAll('http://127.0.0.1:4400', environment.TRUNKLINE_URL ?? '')
    const stand = `trunkline() { "${process.execPath}" "${join(root, 'cli/dist/main.js')}" "$@"; }\n`
    const { status, stdout, stderr } = spawnSync('sh', ['-e'], {
      cwd: folder,
      env: environment,
      input: stand + script,
      encoding: 'utf8',
    })
    expect([status, stderr], stdout).toEqual([0, ''])
    expect(stdout).not.toBe('')
    // Forgeries are refused, as they should be; nothing else is.
    if (!text.includes('--chaos')) expect(stdout).not.toMatch(/"code":"[A-Z_]+"/)
    else expect(stdout).toContain(/```text\n(sent [\s\S]*?)```/.exec(read(`docs/${page}.md`))?.[1])
  })

  it('shows examples as they are', () => {
    const shown = [...read(`docs/${page}.md`).matchAll(/```ts\n([\s\S]*?)```/g)].map(([, text = '']) => text)
    if (page === 'simulator') expect(shown).toEqual([read('examples/test-your-receiver/receiver.test.ts')])
  })
})
