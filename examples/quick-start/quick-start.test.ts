import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

/** The README's tour, run as it stands: each command in a shell, each answer held against what the page shows. */

const root = fileURLToPath(new URL('../..', import.meta.url))
const folder = mkdtempSync(join(tmpdir(), 'trunkline-tour-'))
const children: ChildProcess[] = []
const hasCurl = (() => {
  try {
    execFileSync('curl', ['--version'], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
})()
if (!hasCurl) console.warn('skipped: the tour needs curl')

interface Step {
  kind: 'run' | 'background' | 'prints' | 'received'
  text: string
}

let received = ''
let seen = 0
let environment: NodeJS.ProcessEnv

beforeAll(async () => {
  const main = join(root, 'server/dist/main.js')
  if (!existsSync(main)) throw new Error('the server is not built: run `npm run build` first')
  const server = run(process.execPath, [main], {
    ...process.env,
    PORT: '0',
    TRUNKLINE_DATA: folder,
    TRUNKLINE_ALLOW_PRIVATE: '127.0.0.0/8',
    TRUNKLINE_LOG_LEVEL: 'silent',
  })
  const greeting = await until(server, /listens on http:\/\/127\.0\.0\.1:(\d+)/)
  const port = greeting[1] ?? ''
  const key = readFileSync(join(folder, 'first-key'), 'utf8').trim()
  environment = { ...process.env, KEY: key, TOUR_PORT: port, TOUR_HOOKS: String(42_000 + (process.pid % 20_000)) }
})

afterAll(async () => {
  for (const child of children) {
    const gone = new Promise((resolve) => child.once('exit', resolve))
    if (child.exitCode === null && child.kill('SIGTERM')) await gone
  }
  rmSync(folder, { recursive: true, force: true })
})

describe.skipIf(!hasCurl)("the README's quick start", () => {
  for (const [i, { kind, text }] of stepsOf(readFileSync(join(root, 'README.md'), 'utf8')).entries()) {
    it(`${i + 1}: ${kind} ${text.split('\n')[0]?.slice(0, 60)}`, () => step(kind, text))
  }
})

let printed = ''

async function step(kind: Step['kind'], text: string): Promise<void> {
  const here = placed(text)
  if (kind === 'run') {
    printed = execFileSync('sh', ['-e'], { cwd: folder, env: environment, input: here, encoding: 'utf8' })
  } else if (kind === 'background') {
    const receiver = run('sh', ['-c', `exec ${here}`], environment)
    receiver.stdout?.on('data', (chunk) => {
      received += chunk
    })
    await until(receiver, /waiting for deliveries/)
    printed = received
    received = ''
  } else if (kind === 'prints') {
    expect(printed.trim()).toMatch(patternOf(here))
  } else {
    const pattern = patternOf(here)
    await expect.poll(() => pattern.test(received.slice(seen).trim()), { timeout: 10_000 }).toBe(true)
    seen = received.length
  }
}

/** The page's ports and paths, where this run has others. The server's own URLs keep the configured port. */
function placed(text: string): string {
  return text
    .replaceAll('examples/', `${root}examples/`)
    .replaceAll('127.0.0.1:4400', `127.0.0.1:${environment.TOUR_PORT}`)
    .replaceAll('127.0.0.1:4500', `127.0.0.1:${environment.TOUR_HOOKS}`)
}

/** `…` stands for what differs from run to run. */
function patternOf(text: string): RegExp {
  const parts = text.trim().split('…')
  return new RegExp(`^${parts.map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')).join('[^"\\s]+')}$`)
}

function stepsOf(readme: string): Step[] {
  const tour = readme.slice(readme.indexOf('<!-- steps -->'), readme.indexOf('<!-- end of steps -->'))
  const steps: Step[] = []
  for (const [, note, language, text = ''] of tour.matchAll(
    /(?:<!-- (background|received) -->\n)?```(sh|text)\n([\s\S]*?)```/g,
  )) {
    const kind = note === 'background' || note === 'received' ? note : language === 'sh' ? 'run' : 'prints'
    steps.push({ kind, text })
  }
  return steps
}

function run(command: string, args: string[], env: NodeJS.ProcessEnv): ChildProcess {
  const child = spawn(command, args, { cwd: folder, env, stdio: ['ignore', 'pipe', 'inherit'] })
  children.push(child)
  return child
}

function until(child: ChildProcess, pattern: RegExp): Promise<RegExpExecArray> {
  return new Promise((resolve, reject) => {
    let text = ''
    child.stdout?.on('data', (chunk) => {
      text += chunk
      const found = pattern.exec(text)
      if (found) resolve(found)
    })
    child.once('exit', (code) =>
      reject(new Error(`it ended with ${code} before it printed ${pattern}; it printed: ${text}`)),
    )
  })
}
